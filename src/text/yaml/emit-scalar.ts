import { scalarType } from './scalar.ts'

export interface ScalarContext {
  readonly inFlow: boolean
  readonly isKey: boolean
  /** Where the lines of a folded text begin. */
  readonly indent: number
}

/** A piece of a scalar: text as it is, a blank that may become a line break, or a line break. */
export interface Piece {
  readonly kind: 'text' | 'blank' | 'break'
  readonly text: string
}

/** How a scalar is written: plain where that is read back as the same text, else in single, else in double quotes. */
export const scalarForms = (text: string, isText: boolean, context: ScalarContext): Piece[] => {
  if (!isText) return [{ kind: 'text', text }]
  if (isPlain(text, context)) return folded(text)
  if (UNPRINTABLE.test(text) || /\n[ ]| \n/.test(text) || (context.isKey && text.includes('\n')))
    return doubleQuoted(text)
  return singleQuoted(text)
}

const UNPRINTABLE = /[^\n\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|\ufeff/u
const TIMESTAMP =
  /^\d{4}-\d\d-\d\d$|^\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?$/

const isPlain = (text: string, { inFlow }: ScalarContext): boolean => {
  if (text === '' || UNPRINTABLE.test(text) || text.includes('\n')) return false
  if (text !== text.trim() || scalarType(text) !== 'str' || TIMESTAMP.test(text) || text === '=' || text === '<<')
    return false
  if (/^(?:---|\.\.\.)/.test(text) || /^[#,[\]{}&*!|>'"%@`]/.test(text) || /^[-?:](?:\s|$)/.test(text)) return false
  if (/:(?:\s|$)/.test(text) || /\s#/.test(text)) return false
  return !inFlow || !/[,?[\]{}:]/.test(text)
}

/** Only single blanks between words may become line breaks. */
const folded = (text: string): Piece[] =>
  (text.match(/ +|[^ ]+/g) ?? []).map((part, index, all) => ({
    kind: part === ' ' && index > 0 && index < all.length - 1 ? 'blank' : 'text',
    text: part,
  }))

/** Inside single quotes a run of line breaks has one more than it stands for. */
const singleQuoted = (text: string): Piece[] => {
  const parts = text.replaceAll("'", "''").match(/\n+|[^\n]+/g) ?? []
  const pieces = parts.flatMap((part): Piece[] =>
    part.startsWith('\n')
      ? [
          { kind: 'text', text: part },
          { kind: 'break', text: '' },
        ]
      : folded(part),
  )
  return [{ kind: 'text', text: "'" }, ...pieces, { kind: 'text', text: "'" }]
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
  '\ufeff': '\\uFEFF',
}

const doubleQuoted = (text: string): Piece[] => {
  const body = Array.from(
    text,
    (character) => ESCAPES[character] ?? (UNPRINTABLE.test(character) ? hex(character) : character),
  )
  return [{ kind: 'text', text: `"${body.join('')}"` }]
}

const hex = (character: string): string => {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase()
  if (code.length <= 2) return `\\x${code.padStart(2, '0')}`
  return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\U${code.padStart(8, '0')}`
}
