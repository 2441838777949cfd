import type { Origin } from './origin.ts'
import { syntaxError } from './syntax-error.ts'
import type { Mark, Token } from './token.ts'

const SPACE = /[\s]+/y
const NAME = /[\p{L}_][\p{L}\p{N}\p{M}_]*/uy
const FLOAT = /(?<!\.)\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?[eE][-+]?\d+(?:_\d+)*|(?<!\.)\d+(?:_\d+)*\.\d+(?:_\d+)*/y
const INTEGER = /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|[1-9](?:_?\d)*|0(?:_?0)*/y
const TEXT = /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/y
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y

const CODE: readonly (readonly [Mark, RegExp])[] = [
  ['float', FLOAT],
  ['integer', INTEGER],
  ['name', NAME],
  ['text', TEXT],
  ['operator', OPERATOR],
]

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** What ends a stretch of code: finds its end at an offset, undefined when it does not end there. */
export type FindEnd = (at: number) => number | undefined

/**
 * Cuts code into tokens up to where it ends; an end inside brackets does not count.
 *
 * @returns the offset of the end
 * @throws template/syntax
 */
export const lexCode = (
  origin: Origin,
  from: number,
  findEnd: FindEnd,
  missing: (at: number) => Error,
  tokens: Token[],
): number => {
  const text = origin.text
  const open: Token[] = []
  let at = from
  for (;;) {
    SPACE.lastIndex = at
    const blank = SPACE.exec(text)
    if (open.length === 0) {
      for (let i = at; i <= at + (blank?.[0].length ?? 0); i++) if (findEnd(i) !== undefined) return i
    }
    if (blank) at += blank[0].length
    if (at >= text.length) throw open.length > 0 ? unclosed(origin, open) : missing(at)
    const token = readToken(origin, at)
    if (token.kind === 'operator') balance(origin, token, open)
    tokens.push(token)
    at = token.end
  }
}

const readToken = (origin: Origin, at: number): Token => {
  const text = origin.text
  for (const [kind, pattern] of CODE) {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) return { kind, text: found, start: at, end: at + found.length }
  }
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
  if (character === "'" || character === '"') {
    throw syntaxError(origin, { start: at, end: at + 1 }, `the text that begins with ${character} does not end`)
  }
  const hints = character === '!' ? ['write "not" or "!="'] : character === '&' ? ['write "and"'] : []
  throw syntaxError(origin, { start: at, end: at + 1 }, `unexpected character ${JSON.stringify(character)}`, hints)
}

const balance = (origin: Origin, token: Token, open: Token[]): void => {
  if (CLOSING[token.text] !== undefined) open.push(token)
  if (!')]}'.includes(token.text)) return
  const opened = open.pop()
  if (!opened) throw syntaxError(origin, token, `"${token.text}" closes nothing`)
  const expected = CLOSING[opened.text]
  if (expected !== token.text) {
    throw syntaxError(origin, token, `"${token.text}" where "${expected}" should close "${opened.text}"`)
  }
}

const unclosed = (origin: Origin, open: readonly Token[]): Error => {
  const last = open.at(-1) as Token
  return syntaxError(origin, last, `"${last.text}" is not closed`)
}
