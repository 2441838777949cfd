import { Evaluation } from './evaluate/evaluation.ts'
import { evaluate } from './evaluate/expression.ts'
import { Frame } from './evaluate/frame.ts'
import { printed, render } from './evaluate/statement.ts'
import type { World } from './evaluate/world.ts'
import { parseLiteral } from './python/literal.ts'
import type { Expression } from './syntax/ast.ts'
import type { ParsedTemplate } from './syntax/parse.ts'
import { isMapping } from './values/dict.ts'
import { isNumber } from './values/float.ts'
import { LazyMapping } from './values/lazy.ts'
import { Tuple } from './values/tuple.ts'
import type { RuntimeValue } from './values/types.ts'
import { Nothing, Undefined } from './values/undefined.ts'

/** A value, and whether it is a text that must stay one (what `to_json` wrote). */
export interface TemplateResult {
  readonly value: RuntimeValue
  readonly isText: boolean
}

/**
 * Evaluates a template of a playbook or inventory as Ansible does with `jinja2_native` off: the result is a text, and a
 * text that looks like a list, a mapping or a boolean becomes one. So `{{ some_list }}` gives the list, `{{ port }}`
 * the number that the variable is, `{{ port + 1 }}` a text of digits, and `{{ none }}` an empty text.
 */
export const evaluateTemplate = (
  parsed: ParsedTemplate,
  world: World,
  isTextVariable: (name: string) => boolean,
): TemplateResult => {
  const on = new Evaluation(parsed.origin, new Frame(), world)
  const [only] = parsed.body
  if (parsed.body.length !== 1 || only?.type !== 'output') {
    return { value: read(keepNewlines(parsed.origin.text, render(parsed.body, on))), isText: false }
  }
  const { expression } = only
  const value = evaluate(expression, on)
  if (value instanceof Nothing) return { value: '', isText: false }
  if (value instanceof Undefined) throw on.at(expression, () => value.toError())
  const sole = expression.type === 'name' && SOLE_NAME.test(parsed.origin.text)
  if (sole && (value === null || isNumber(value))) return { value, isText: false }
  if (typeof value === 'boolean' || Array.isArray(value) || isLeftAlone(value)) return { value, isText: false }
  if (value instanceof Tuple) return { value: [...value.items], isText: false }
  const text = keepNewlines(
    parsed.origin.text,
    on.at(expression, () => printed(value)),
  )
  const isText = staysText(expression, isTextVariable)
  return { value: isText ? text : read(text), isText }
}

/** One variable and nothing else: its value is not made a text. */
const SOLE_NAME = /^\{\{\s*\w*\s*\}\}\n?$/

const isLeftAlone = (value: RuntimeValue): boolean => value instanceof LazyMapping || isMapping(value)

const TEXT_FILTERS = new Set(['string', 'to_json', 'to_nice_json', 'to_yaml', 'to_nice_yaml', 'ppretty', 'json'])

/** Filters that write JSON and YAML are there to make a text: it is not read back. */
const staysText = (node: Expression, isTextVariable: (name: string) => boolean): boolean => {
  if (node.type === 'filter') return TEXT_FILTERS.has(node.name.replace(/^.*\./, ''))
  if (node.type === 'name') return isTextVariable(node.name)
  if (node.type !== 'choice') return false
  return (
    staysText(node.then, isTextVariable) || (node.otherwise !== undefined && staysText(node.otherwise, isTextVariable))
  )
}

const read = (text: string): RuntimeValue => {
  if (!/^[{[]/.test(text) && text !== 'True' && text !== 'False') return text
  return parseLiteral(text) ?? text
}

/** Jinja2 drops the newline at the end of a template; Ansible puts back as many as there were. */
export const keepNewlines = (source: string, result: string): string => {
  const missing = newlinesAtEnd(source) - newlinesAtEnd(result)
  return missing > 0 ? result + '\n'.repeat(missing) : result
}

const newlinesAtEnd = (text: string): number => {
  let count = 0
  while (text[text.length - 1 - count] === '\n') count++
  return count
}

/** As a text of its own: what a filter or lookup of a whole template sees. */
export const renderText = (parsed: ParsedTemplate, world: World): string =>
  keepNewlines(parsed.origin.text, render(parsed.body, new Evaluation(parsed.origin, new Frame(), world)))
