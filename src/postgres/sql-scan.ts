import { LifeboatError } from '../base/errors.ts'

/** A piece of SQL text as the server's and psql's lexers cut it. */
export interface SqlToken {
  readonly kind: 'word' | 'parameter' | 'quoted' | 'blank' | 'semicolon' | 'open' | 'close' | 'colon' | 'other'
  readonly text: string
}

const QUOTED =
  /E'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/iy
const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y
const BLANK = /\s+|--[^\n]*/y
const NUMBER = /\d[\w.]*/y
const PARAMETER = /\$\d+/y

/**
 * Cuts SQL into tokens: strings, dollar quotes, quoted names and comments stay whole. Assumes
 * standard_conforming_strings, which is on since PostgreSQL 9.1.
 *
 * @throws postgres/bad-query for a quote or comment that does not end, and for a psql command
 */
export const scanSql = (text: string): SqlToken[] => {
  const tokens: SqlToken[] = []
  let at = 0
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  const take = (kind: SqlToken['kind'], length: number): void => {
    tokens.push({ kind, text: text.slice(at, at + length) })
    at += length
  }
  while (at < text.length) {
    const blank = match(BLANK)
    if (blank !== undefined) take('blank', blank.length)
    else if (text.startsWith('/*', at)) take('blank', commentLength(text, at))
    else {
      const quoted = match(QUOTED)
      if (quoted?.startsWith('$')) take('quoted', dollarLength(text, at, quoted))
      else if (quoted !== undefined) take('quoted', quoted.length)
      else takeUnquoted(match, take, text.charAt(at))
    }
  }
  return tokens
}

/**
 * Splits SQL into its statements, without semicolons; pieces of mere blanks and comments are left out. A semicolon in
 * parentheses or in a body of `BEGIN ATOMIC` does not end a statement (as psql reads it).
 *
 * @throws postgres/bad-query
 */
export const splitStatements = (text: string): string[] => {
  const statements: string[] = []
  let current: SqlToken[] = []
  let depth = 0
  const flush = (): void => {
    if (current.some((token) => token.kind !== 'blank'))
      statements.push(
        current
          .map((token) => token.text)
          .join('')
          .trim(),
      )
    current = []
    depth = 0
  }
  for (const token of scanSql(text)) {
    if (token.kind === 'semicolon' && depth <= 0) {
      flush()
      continue
    }
    current.push(token)
    if (token.kind === 'open') depth++
    if (token.kind === 'close') depth--
    if (token.kind === 'word') depth += bodyDepth(current, token.text.toLowerCase())
  }
  flush()
  return statements
}

/** The first word of a statement in capitals, comments and parentheses skipped: `SELECT`. */
export const firstKeyword = (statement: string): string =>
  scanSql(statement)
    .find((token) => token.kind !== 'blank' && token.kind !== 'open')
    ?.text.toUpperCase() ?? ''

const bad = (message: string): LifeboatError => new LifeboatError('postgres/bad-query', message)

const takeUnquoted = (
  match: (pattern: RegExp) => string | undefined,
  take: (kind: SqlToken['kind'], length: number) => void,
  character: string,
): void => {
  const word = match(WORD)
  const number = match(NUMBER)
  const parameter = match(PARAMETER)
  if (word !== undefined) take('word', word.length)
  else if (number !== undefined) take('other', number.length)
  else if (parameter !== undefined) take('parameter', parameter.length)
  else if (character === "'" || character === '"') throw bad(`the SQL has a quote ${character} that does not end`)
  else if (character === '\\') {
    throw new LifeboatError('postgres/bad-query', 'the SQL has a backslash outside quotes', {
      hints: ['commands of psql are not SQL and are not possible here'],
    })
  } else take(PUNCTUATION[character] ?? 'other', 1)
}

const PUNCTUATION: Readonly<Record<string, SqlToken['kind']>> = {
  ';': 'semicolon',
  '(': 'open',
  ')': 'close',
  ':': 'colon',
}

const commentLength = (text: string, from: number): number => {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    if (text.startsWith('/*', at)) {
      depth++
      at++
    } else if (text.startsWith('*/', at)) {
      depth--
      at++
      if (depth === 0) return at + 1 - from
    }
  }
  throw bad('the SQL has a comment /* that does not end')
}

const dollarLength = (text: string, from: number, tag: string): number => {
  const end = text.indexOf(tag, from + tag.length)
  if (end === -1) throw bad(`the SQL has a quote ${tag} that does not end`)
  return end + tag.length - from
}

/** How a word changes the depth inside `CREATE FUNCTION … BEGIN ATOMIC … END`. */
const bodyDepth = (tokens: readonly SqlToken[], word: string): number => {
  if (word !== 'begin' && word !== 'case' && word !== 'end') return 0
  const words = tokens.filter((token) => token.kind === 'word').map((token) => token.text.toLowerCase())
  const rest = words.slice(words[1] === 'or' ? 3 : 1)
  if (words[0] !== 'create' || (rest[0] !== 'function' && rest[0] !== 'procedure')) return 0
  const inside = words.slice(0, -1).includes('begin')
  if (word === 'begin') return inside ? 0 : 1
  if (!inside) return 0
  return word === 'case' ? 1 : -1
}
