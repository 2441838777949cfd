import { z } from 'zod'
import { type ControlContext, defineControl } from '../contract.ts'
import { namesIn } from '../shared/names-in-expression.ts'
import { anything, bool, parameterTypes } from '../shared/params.ts'

const expressions = z
  .union([z.array(z.union([z.string(), z.boolean()])), z.string(), z.boolean()], {
    error: 'must be an expression or a list of expressions',
  })
  .transform((value) => (Array.isArray(value) ? value : [value]))
  .register(parameterTypes, { type: 'list of expressions' })

const params = z.strictObject({
  that: expressions.describe('Expressions that must all be true.'),
  fail_msg: anything.optional().describe('What to say where one is not. Default: which one, and the values in it.'),
  success_msg: anything.optional().describe('What to say where all are.'),
  quiet: bool.default(false).describe('Says nothing where all are true.'),
})

/** Python's truth: nothing, zero and what is empty are false. */
const isTrue = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}

/** The names in an expression that have a value, with it. */
const valuesIn = (ctx: ControlContext, expression: string): Record<string, unknown> => {
  const values: Record<string, unknown> = {}
  for (const name of namesIn(expression)) {
    try {
      const value = ctx.evaluate(name)
      if (value !== undefined && typeof value !== 'function') values[name] = value
    } catch {
      values[name] = undefined
    }
  }
  return values
}

const explain = (expression: string, values: Record<string, unknown>): string => {
  const shown = Object.entries(values).map(
    ([name, value]) => `${name} is ${value === undefined ? 'undefined' : short(value)}`,
  )
  return `assertion failed: ${expression}${shown.length > 0 ? ` (${shown.join(', ')})` : ''}`
}

const short = (value: unknown): string => {
  const text = JSON.stringify(value)
  return text.length > 120 ? `${text.slice(0, 119)}…` : text
}

export default defineControl({
  kind: 'control',
  summary: 'Fails the host unless all expressions are true.',
  description: 'A failure names the expression and shows the values of the variables in it.',
  examples: [
    {
      title: 'Rules of a play',
      yaml: '- assert:\n    that:\n      - cluster.version >= 13\n      - "\'replica\' in cluster.wal_level"\n    fail_msg: this needs PostgreSQL 13 or newer with WAL archiving',
    },
  ],
  params,
  aliases: { msg: 'fail_msg' },
  returns: {
    assertion: 'The expression that is not true.',
    evaluated_to: 'Its value.',
    values: 'The names in it with their values.',
  },
  decide(ctx, given) {
    for (const that of given.that) {
      const value = typeof that === 'boolean' ? that : ctx.evaluate(that)
      if (isTrue(value)) continue
      const values = typeof that === 'boolean' ? {} : valuesIn(ctx, that)
      const msg = given.fail_msg === undefined ? explain(String(that), values) : textOf(given.fail_msg)
      return { failed: true, msg, fields: { assertion: that, evaluated_to: value, values } }
    }
    if (given.quiet) return {}
    return { msg: given.success_msg === undefined ? 'All assertions passed' : textOf(given.success_msg) }
  },
})

const textOf = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(String).join('\n')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
