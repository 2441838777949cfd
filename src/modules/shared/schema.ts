import { z } from 'zod'
import { didYouMean } from '../../base/nearest.ts'
import { parameterTypes } from './params.ts'

export type Shape = Readonly<Record<string, z.ZodType>>

/** The parameters of a module by name, whatever refinements and transforms lie around the object. */
export const shapeOf = (schema: z.ZodType): Shape => objectOf(schema)?.shape ?? {}

/** Whether a module takes parameters that its schema does not name (`set_fact`). */
export const isOpen = (schema: z.ZodType): boolean => {
  const object = objectOf(schema)
  return object === undefined || (object.def.catchall !== undefined && !(object.def.catchall instanceof z.ZodNever))
}

/** The type of a parameter as documentation names it: `str`, `bool`, `mode`, or the words of a choice. */
export const typeOf = (schema: z.ZodType): string => {
  const named = parameterTypes.get(schema)
  if (named !== undefined) {
    const item =
      named.type === 'list' && schema instanceof z.ZodPipe ? elementOf(schema.def.out as z.ZodType) : undefined
    return item === undefined || item === 'raw' ? named.type : `list of ${item}`
  }
  const inner = innerOf(schema)
  if (inner !== undefined) return typeOf(inner)
  if (schema instanceof z.ZodArray) return `list of ${typeOf(schema.element as z.ZodType)}`
  return NAMES[schema.def.type] ?? schema.def.type
}

const NAMES: Readonly<Record<string, string>> = {
  string: 'str',
  enum: 'str',
  literal: 'str',
  number: 'float',
  boolean: 'bool',
  record: 'dict',
  object: 'dict',
  any: 'raw',
  unknown: 'raw',
  union: 'raw',
}

const elementOf = (schema: z.ZodType): string | undefined =>
  schema instanceof z.ZodArray ? typeOf(schema.element as z.ZodType) : undefined

/** The values a parameter is chosen from, undefined where any will do. */
export const choicesOf = (schema: z.ZodType): readonly string[] | undefined => {
  if (schema instanceof z.ZodEnum) return schema.options.map(String)
  const inner = innerOf(schema)
  return inner === undefined ? undefined : choicesOf(inner)
}

/** The default of a parameter, undefined where it has none. */
export const defaultOf = (schema: z.ZodType): unknown =>
  schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault ? schema.def.defaultValue : undefined

export const isRequired = (schema: z.ZodType): boolean => !schema.safeParse(undefined).success

/** What an optional, defaulted or nullable schema is laid around. */
const innerOf = (schema: z.ZodType): z.ZodType | undefined =>
  schema instanceof z.ZodOptional ||
  schema instanceof z.ZodDefault ||
  schema instanceof z.ZodPrefault ||
  schema instanceof z.ZodNullable
    ? (schema.def.innerType as z.ZodType)
    : undefined

const objectOf = (schema: z.ZodType): z.ZodObject | undefined => {
  if (schema instanceof z.ZodObject) return schema
  if (!(schema instanceof z.ZodPipe)) return undefined
  return objectOf(schema.def.in as z.ZodType) ?? objectOf(schema.def.out as z.ZodType)
}

/** What is wrong with a value, to be read behind its name: `must be true or false, not "maybe"`, and hints. */
export const describeIssue = (issue: z.core.$ZodIssue, sensitive: boolean): { text: string; hints: string[] } => {
  const not = sensitive || !('input' in issue) ? '' : `, not ${show(issue.input)}`
  switch (issue.code) {
    case 'invalid_value': {
      const text =
        issue.values.length === 1
          ? `must be ${String(issue.values[0])}`
          : `must be one of ${issue.values.map(String).join(', ')}`
      return { text: text + not, hints: sensitive ? [] : didYouMean(String(issue.input), issue.values.map(String)) }
    }
    case 'invalid_type':
      return { text: `must be ${EXPECTED[issue.expected] ?? issue.expected}${not}`, hints: [] }
    case 'unrecognized_keys':
      return { text: `does not know ${issue.keys.map((key) => `"${key}"`).join(', ')}`, hints: [] }
    default: {
      const own = issue.message.startsWith('must ')
      return { text: own ? issue.message + not : lowerFirst(issue.message), hints: [] }
    }
  }
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

const show = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
