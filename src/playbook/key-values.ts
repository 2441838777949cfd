import { LifeboatError } from '../base/errors.ts'
import { hasTemplate, Template, type Value } from '../base/value.ts'
import type { ScalarNode } from '../text/yaml/node.ts'
import type { Placed } from './types.ts'

/**
 * Takes `key=value key="a b" key={{ x }}` apart, as tasks were written before YAML arguments. Values are texts; quotes
 * around a whole value are taken away, `\"`, `\\`, `\n` and `\t` mean what they say.
 *
 * @returns undefined when a word is not of the form key=value
 * @throws playbook/bad-arguments for a quote or brace that is not closed
 */
export const readKeyValues = (node: ScalarNode): Record<string, Placed<Value>> | undefined => {
  const text = String(node.value)
  const values: Record<string, Placed<Value>> = {}
  for (const { word, offset } of wordsOf(text, node)) {
    const match = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(word)
    if (!match?.[1]) return undefined
    const written = match[2] ?? ''
    const position = within(node, text, offset + match[1].length + 1, written.length)
    values[match[1]] = { value: readWritten(written, position), position }
  }
  return values
}

/** The first word of a text and what follows it, with the offset of the latter. */
export const splitFirstWord = (text: string): { first: string; rest: string; offset: number } => {
  const match = /^\s*(\S+)\s*/.exec(text)
  const offset = match?.[0].length ?? text.length
  return { first: match?.[1] ?? '', rest: text.slice(offset), offset }
}

/** The place of a part of a scalar: exact where the text stands in the file as it is, else the whole scalar. */
export const within = (node: ScalarNode, text: string, offset: number, length: number): Placed<Value>['position'] => {
  const line = node.position.source.text.split('\n')[node.position.line - 1] ?? ''
  const start = line.indexOf(text, node.position.column - 1)
  if (text.includes('\n') || start < 0) return node.position
  return { ...node.position, column: start + offset + 1, length: Math.max(1, length) }
}

const WORDS =
  /(?:"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|\{#[\s\S]*?#\}|\\[\s\S]|[^\s"'])+|["']/g

const wordsOf = (text: string, node: ScalarNode): { word: string; offset: number }[] =>
  [...text.matchAll(WORDS)].map((match) => {
    const word = match[0]
    const end = text[match.index + word.length]
    const open = word === '"' || word === "'" || end === '"' || end === "'"
    if (open || /\{\{(?![\s\S]*\}\})|\{%(?![\s\S]*%\})/.test(word)) {
      throw new LifeboatError('playbook/bad-arguments', 'a quote or a brace is not closed in these arguments', {
        where: within(node, text, match.index, text.length - match.index),
        hints: ['write the arguments as a mapping, one a line: "key: value"'],
      })
    }
    return { word, offset: match.index }
  })

const readWritten = (written: string, position: Placed<Value>['position']): Value => {
  const quoted = /^(["'])[\s\S]*\1$/.test(written) && written.length > 1
  const text = (quoted ? written.slice(1, -1) : written).replaceAll(/\\(["'\\nt])/g, (_, escaped: string) =>
    escaped === 'n' ? '\n' : escaped === 't' ? '\t' : escaped,
  )
  return hasTemplate(text) ? new Template(text, position) : text
}
