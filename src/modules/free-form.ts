import { Template, type Value } from '../base/value.ts'
import type { Placed } from '../playbook/types.ts'

/**
 * Takes the parameters out of a free-form text, as Ansible does: `ls -l chdir=/tmp creates="a b"` is the text `ls -l`
 * with two parameters. Works on the text before templates are evaluated, so that no value of a variable can become a
 * parameter.
 *
 * @param known names that are parameters; any other `name=value` belongs to the text
 */
export const splitFreeForm = (
  freeForm: Placed<Value>,
  known: readonly string[],
): { text: Placed<Value>; values: Record<string, Placed<Value>> } => {
  const { value, position } = freeForm
  const source = value instanceof Template ? value.text : value
  if (typeof source !== 'string') return { text: freeForm, values: {} }
  const again = (text: string): Value =>
    value instanceof Template && /\{[{%#]/.test(text) ? new Template(text, value.position) : text
  const values: Record<string, Placed<Value>> = {}
  let rest = ''
  for (const piece of pieces(source)) {
    const match = /^(\w+)=([\s\S]*)$/.exec(piece.word)
    if (match?.[1] !== undefined && known.includes(match[1])) {
      values[match[1]] = { value: again(unquote(match[2] ?? '')), position }
    } else {
      rest += piece.word + piece.space
    }
  }
  if (Object.keys(values).length === 0) return { text: freeForm, values }
  return { text: { value: again(rest.trim()), position }, values }
}

const unquote = (text: string): string => (/^(["'])[\s\S]*\1$/.test(text) && text.length > 1 ? text.slice(1, -1) : text)

/** Words with the white space behind each; quotes and template braces hold a word together. */
const pieces = (text: string): { word: string; space: string }[] =>
  [...text.matchAll(/((?:"(?:\\.|[^"\\])*"|'[^']*'|\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|\{#[\s\S]*?#\}|\\.|\S)*)(\s*)/g)]
    .filter((match) => match[0] !== '')
    .map((match) => ({ word: match[1] ?? '', space: match[2] ?? '' }))
