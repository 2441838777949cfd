import { z } from 'zod'
import { type ControlContext, defineControl } from '../contract.ts'
import { atMostOne } from '../rules.ts'
import { anything, integer } from '../shared/params.ts'

const params = z.strictObject({
  msg: anything.optional().describe('What to show: text, or any value. `Hello world!` where nothing is given.'),
  var: anything.optional().describe('An expression whose value is shown, without braces.'),
  verbosity: integer.default(0).describe('Shown only with at least so many `-v`.'),
})

const valueNamed = (ctx: ControlContext, expression: string): unknown => {
  try {
    return ctx.evaluate(expression) ?? null
  } catch (error) {
    if (error instanceof Error && /undefined|not defined/.test(error.message)) return 'VARIABLE IS NOT DEFINED!'
    throw error
  }
}

export default defineControl({
  kind: 'control',
  summary: 'Shows a message or the value of an expression.',
  examples: [
    { title: 'A message', yaml: '- debug:\n    msg: "{{ inventory_hostname }} runs PostgreSQL {{ version }}"' },
    { title: 'A value', yaml: '- debug:\n    var: backup.size\n    verbosity: 1' },
  ],
  params,
  rules: (given) => [atMostOne(given, ['msg', 'var'])],
  returns: { msg: 'The message.', '<expression>': 'With `var`: the value, under the text of the expression.' },
  decide(ctx, given) {
    if (ctx.verbosity < given.verbosity) {
      return { skipped: true, fields: { skipped_reason: 'Verbosity threshold not met.' } }
    }
    if (given.var === undefined) return { fields: { msg: given.msg ?? 'Hello world!' } }
    if (typeof given.var !== 'string') return { fields: { var: given.var } }
    return { fields: { [given.var]: valueNamed(ctx, given.var) } }
  },
})
