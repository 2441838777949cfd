import type { z } from 'zod'
import { LifeboatError, LifeboatErrors } from '../base/errors.ts'
import { didYouMean } from '../base/nearest.ts'
import type { Position } from '../base/position.ts'
import { isMapping, type PlainValue, Template, type Value } from '../base/value.ts'
import type { Placed, TaskArguments } from '../playbook/types.ts'
import type { Fault, Module } from './contract.ts'
import { splitFreeForm } from './free-form.ts'
import { judgeRules, parseKnown } from './rules.ts'
import { isDecimalMode } from './shared/mode-param.ts'
import { describeIssue, isOpen, shapeOf, typeOf } from './shared/schema.ts'
import { errorBehind } from './shared/understood.ts'

/** Arguments of a task by the names the user wrote. */
export type Arguments = Readonly<Record<string, Placed<Value>>>

/**
 * Makes one mapping of a task's arguments: the free-form text becomes the parameter that takes it, and the parameters
 * inside it are taken out of it (`ls chdir=/tmp`).
 *
 * @throws module/no-free-form
 */
export const collectArguments = (name: string, module: Module, args: Omit<TaskArguments, 'template'>): Arguments => {
  if (args.freeForm === undefined) return args.values
  const names = Object.keys(shapeOf(module.params))
  if (module.freeForm === undefined) {
    throw new LifeboatError('module/no-free-form', `${name} takes named parameters, not a text`, {
      where: args.freeForm.position,
      hints: names.length > 0 ? [`its parameters are ${names.join(', ')}`] : ['it has no parameters'],
    })
  }
  const known = [...names, ...Object.keys(module.aliases ?? {})].filter((key) => key !== module.freeForm)
  const { text, values } = splitFreeForm(args.freeForm, known)
  return { [module.freeForm]: text, ...values, ...args.values }
}

export interface ValidateOptions {
  /** Where the module is named: the place of an error about a parameter that is missing. */
  readonly position?: Position | undefined
  /** More arguments may come at run time (`args: "{{ x }}"`, `module_defaults`): nothing is reported as missing. */
  readonly incomplete?: boolean | undefined
}

/**
 * Checks a task's arguments before the run: names, missing ones, every value that has no template in it, and the
 * module's rules about those.
 *
 * @returns all errors found: module/unknown-parameter, module/duplicate-parameter, module/missing-parameter,
 *   module/bad-parameter, and those of the parsers that parameters and rules ask
 */
export const validateArguments = (
  name: string,
  module: Module,
  args: Arguments,
  options: ValidateOptions = {},
): LifeboatError[] => {
  const given = byRealName(
    name,
    module,
    mapEntries(args, ({ value }) => value),
    mapEntries(args, ({ position }) => position),
  )
  const later = new Set(Object.keys(given.values).filter((key) => holdsTemplate(given.values[key] ?? null)))
  const plain = Object.fromEntries(Object.entries(given.values).filter(([key]) => !later.has(key)))
  const parsed = module.params.safeParse(plain, { reportInput: true })
  const issues = (parsed.error?.issues ?? []).filter((issue) => {
    const [key] = issue.path
    // A rule about several parameters together can be judged only when all of them are known.
    if (key === undefined) return issue.code === 'unrecognized_keys' || (later.size === 0 && !options.incomplete)
    return !later.has(String(key)) && !(options.incomplete && !(String(key) in plain))
  })
  const isUnknown = (key: string): boolean => later.has(key) || (options.incomplete === true && !(key in plain))
  const known = parseKnown(module, plain, isUnknown)
  const faults = judgeRules(module, known, (key) => !Object.hasOwn(known, key))
  return [
    ...given.errors,
    ...unknownNames(name, module, [...later], given.positions),
    ...issues.flatMap((issue) => errorsOf(name, module, issue, plain, given.positions, options.position)),
    ...faults.map((fault) => errorOf(name, fault, given.positions, options.position)),
  ]
}

/**
 * Validates evaluated arguments and fills in the defaults.
 *
 * @param values by the names the user wrote, aliases included
 * @param position where the module is named
 * @throws the error as LifeboatError, several as LifeboatErrors; codes as in validateArguments
 */
export const parseArguments = <P extends z.ZodType>(
  name: string,
  module: Module & { readonly params: P },
  values: Readonly<Record<string, PlainValue>>,
  positions: Readonly<Record<string, Position>> = {},
  position?: Position,
): z.output<P> => {
  const given = byRealName(name, module, values, positions)
  const parsed = module.params.safeParse(given.values, { reportInput: true })
  const faults = parsed.success ? judgeRules(module, parsed.data as Readonly<Record<string, unknown>>) : []
  const errors = [
    ...given.errors,
    ...(parsed.error?.issues ?? []).flatMap((issue) =>
      errorsOf(name, module, issue, given.values, given.positions, position),
    ),
    ...faults.map((fault) => errorOf(name, fault, given.positions, position)),
  ]
  const [first] = errors
  if (first === undefined) return parsed.data as z.output<P>
  throw errors.length === 1 ? first : new LifeboatErrors(errors)
}

const mapEntries = <A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))

const holdsTemplate = (value: Value): boolean => {
  if (value instanceof Template) return true
  if (Array.isArray(value)) return value.some(holdsTemplate)
  return isMapping(value) && Object.values(value as Record<string, Value>).some(holdsTemplate)
}

/** Aliases become the names of the schema; a null that the parameter cannot mean is taken as not given, as in Ansible. */
const byRealName = <T>(
  name: string,
  module: Module,
  written: Readonly<Record<string, T>>,
  positions: Readonly<Record<string, Position>>,
): { values: Record<string, T>; positions: Record<string, Position>; errors: LifeboatError[] } => {
  const shape = shapeOf(module.params)
  const result = {
    values: {} as Record<string, T>,
    positions: {} as Record<string, Position>,
    errors: [] as LifeboatError[],
  }
  for (const [key, value] of Object.entries(written)) {
    const real = (Object.hasOwn(module.aliases ?? {}, key) && module.aliases?.[key]) || key
    const where = positions[key]
    if (real !== key && Object.hasOwn(written, real)) {
      result.errors.push(
        new LifeboatError('module/duplicate-parameter', `"${key}" and "${real}" of ${name} are the same parameter`, {
          where,
          hints: ['leave one of them out'],
        }),
      )
      continue
    }
    const schema = Object.hasOwn(shape, real) ? shape[real] : undefined
    if (value === null && schema !== undefined && !schema.safeParse(null).success) continue
    if (typeof value === 'number' && schema && typeOf(schema) === 'mode' && isDecimalMode(value, where)) {
      const message = `"${key}" of ${name} is the decimal number ${value}, not a file mode`
      const hints = [`write it in quotes: "0${value}"`]
      result.errors.push(new LifeboatError('module/bad-parameter', message, { where, hints }))
      continue
    }
    result.values[real] = value
    if (where !== undefined) result.positions[real] = where
  }
  return result
}

const errorsOf = (
  name: string,
  module: Module,
  issue: z.core.$ZodIssue,
  values: Readonly<Record<string, unknown>>,
  positions: Readonly<Record<string, Position>>,
  position: Position | undefined,
): LifeboatError[] => {
  const [key, ...inside] = issue.path
  if (key === undefined) {
    if (issue.code === 'unrecognized_keys') return unknownNames(name, module, issue.keys, positions)
    return [new LifeboatError('module/bad-parameter', `${name}: ${issue.message}`, { where: position })]
  }
  const top = String(key)
  if (!Object.hasOwn(values, top)) {
    // A rule of the whole schema may ask for a parameter in certain cases; its message says which.
    const why = issue.code === 'custom' ? `: ${issue.message}` : ''
    const text = `${name} needs "${top}"${why}`
    return [new LifeboatError('module/missing-parameter', text, { where: position })]
  }
  const behind = errorBehind(issue)
  if (behind) return [errorOf(name, { at: top, error: behind }, positions, position)]
  const { text, hints } = describeIssue(issue, module.sensitive?.includes(top) ?? false)
  const label = inside.reduce<string>(
    (path, step) => path + (typeof step === 'number' ? `[${step}]` : `.${String(step)}`),
    top,
  )
  const where = positions[top] ?? position
  return [new LifeboatError('module/bad-parameter', `"${label}" of ${name} ${text}`, { where, hints })]
}

/** A fault as the error that a user sees: with its place, and where it has no code of its own, the module's name. */
const errorOf = (
  name: string,
  { at, error }: Fault,
  positions: Readonly<Record<string, Position>>,
  position: Position | undefined,
): LifeboatError => {
  const where = (at === undefined ? undefined : positions[at]) ?? position
  if (typeof error === 'string') return new LifeboatError('module/bad-parameter', `${name}: ${error}`, { where })
  const { code, message, hints, data, cause } = error
  return new LifeboatError(code, message, { where, hints, data, cause })
}

const unknownNames = (
  name: string,
  module: Module,
  keys: readonly string[],
  positions: Readonly<Record<string, Position>>,
): LifeboatError[] => {
  if (isOpen(module.params)) return []
  const known = Object.keys(shapeOf(module.params))
  return keys
    .filter((key) => !known.includes(key))
    .map((key) => {
      const near = didYouMean(key, [...known, ...Object.keys(module.aliases ?? {})])
      return new LifeboatError('module/unknown-parameter', `${name} has no parameter "${key}"`, {
        where: positions[key],
        hints: near.length > 0 ? near : [`its parameters are ${known.join(', ')}`],
      })
    })
}
