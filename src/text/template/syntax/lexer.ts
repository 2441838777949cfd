import { lexCode } from './code-lexer.ts'
import type { Delimiters } from './delimiters.ts'
import type { Origin } from './origin.ts'
import { syntaxError } from './syntax-error.ts'
import type { Mark, Token } from './token.ts'

/**
 * Cuts a template into text and code, with Jinja2's rules for blanks: `-` and `+` at the delimiters, trim_blocks,
 * lstrip_blocks, line statements and comments; newlines are `\n`, and one at the very end does not count.
 *
 * @throws template/syntax
 */
export const lexTemplate = (origin: Origin, delimiters: Delimiters): Token[] => new Lexer(origin, delimiters).run()

/** Cuts a bare expression into tokens. */
export const lexExpression = (origin: Origin): Token[] => {
  const tokens: Token[] = []
  const end = origin.text.length
  lexCode(
    origin,
    0,
    (at) => (at >= end ? at : undefined),
    () => new Error('unreachable'),
    tokens,
  )
  tokens.push({ kind: 'end', text: '', start: end, end })
  return tokens
}

interface Opening {
  readonly kind: 'variable' | 'block' | 'comment' | 'lineStatement' | 'lineComment'
  readonly at: number
  /** Where what is behind the delimiter and its sign begins. */
  readonly inside: number
  readonly sign: string
}

class Lexer {
  readonly #origin: Origin
  readonly #text: string
  readonly #delimiters: Delimiters
  readonly #tokens: Token[] = []
  readonly #opening: RegExp
  #at = 0

  constructor(origin: Origin, delimiters: Delimiters) {
    this.#origin = origin
    this.#text = origin.text
    this.#delimiters = delimiters
    this.#opening = openingPattern(delimiters)
  }

  run(): Token[] {
    for (let opening = this.#next(); opening; opening = this.#next()) {
      this.#data(opening)
      if (opening.kind === 'comment') this.#comment(opening)
      else if (opening.kind === 'lineComment') this.#at = lineEnd(this.#text, opening.inside)
      else if (opening.kind === 'lineStatement') this.#lineStatement(opening)
      else if (opening.kind === 'variable') this.#variable(opening)
      else this.#block(opening)
    }
    this.#push('data', this.#at, this.#text.length - (/\r?\n$/.exec(this.#text)?.[0].length ?? 0))
    this.#push('end', this.#text.length, this.#text.length)
    return this.#tokens
  }

  #next(): Opening | undefined {
    this.#opening.lastIndex = this.#at
    const match = this.#opening.exec(this.#text)
    if (!match?.groups) return undefined
    const kinds = ['variable', 'block', 'comment', 'lineStatement', 'lineComment'] as const
    const kind = kinds.find((name) => match.groups?.[name] !== undefined) ?? 'variable'
    const inside = match.index + match[0].length
    return { kind, at: match.index, inside, sign: /[-+]$/.exec(match[0])?.[0] ?? '' }
  }

  /** The text before an opening, without the blanks that the rules take away. */
  #data(opening: Opening): void {
    let end = opening.at
    const block = opening.kind === 'block' || opening.kind === 'comment'
    if (opening.sign === '-') end = this.#at + this.#text.slice(this.#at, end).trimEnd().length
    else if (block && opening.sign !== '+' && this.#delimiters.lstripBlocks) {
      const line = this.#text.lastIndexOf('\n', end - 1) + 1
      if (line >= this.#at && this.#text.slice(line, end).trim() === '') end = line
    }
    this.#push('data', this.#at, end)
  }

  #variable(opening: Opening): void {
    this.#push('openVariable', opening.at, opening.inside)
    const end = this.#code(opening, this.#delimiters.variableEnd)
    this.#close('closeVariable', end, this.#delimiters.variableEnd, false)
  }

  #block(opening: Opening): void {
    if (this.#raw(opening)) return
    this.#push('openBlock', opening.at, opening.inside)
    const end = this.#code(opening, this.#delimiters.blockEnd)
    this.#close('closeBlock', end, this.#delimiters.blockEnd, this.#delimiters.trimBlocks)
  }

  #code(opening: Opening, delimiter: string): number {
    const text = this.#text
    const found = (at: number): number | undefined => {
      if (text.startsWith(delimiter, at)) return at
      return (text[at] === '-' || text[at] === '+') && text.startsWith(delimiter, at + 1) ? at : undefined
    }
    const missing = () =>
      syntaxError(
        this.#origin,
        { start: opening.at, end: opening.inside },
        `"${this.#text.slice(opening.at, opening.inside)}" is not closed by "${delimiter}"`,
      )
    return lexCode(this.#origin, opening.inside, found, missing, this.#tokens)
  }

  /** Moves behind a closing delimiter and the blanks that go with it. */
  #close(kind: Mark | undefined, at: number, delimiter: string, trim: boolean): void {
    const sign = this.#text.startsWith(delimiter, at) ? '' : this.#text[at]
    const end = at + delimiter.length + (sign ? 1 : 0)
    if (kind) this.#push(kind, at, end)
    this.#at = end
    if (sign === '-') this.#at += (/^\s*/.exec(this.#text.slice(end))?.[0] ?? '').length
    else if (trim && sign !== '+') this.#at += (/^\r?\n/.exec(this.#text.slice(end, end + 2))?.[0] ?? '').length
  }

  #comment(opening: Opening): void {
    const { commentEnd, trimBlocks } = this.#delimiters
    const end = this.#text.indexOf(commentEnd, opening.inside)
    if (end < 0) {
      throw syntaxError(this.#origin, { start: opening.at, end: opening.inside }, 'a comment is not closed', [
        `close it with "${commentEnd}"`,
      ])
    }
    const signed = end > opening.inside && '-+'.includes(this.#text[end - 1] as string)
    this.#close(undefined, signed ? end - 1 : end, commentEnd, trimBlocks)
  }

  /** `{% raw %}`: everything up to `{% endraw %}` is text. */
  #raw(opening: Opening): boolean {
    const { blockStart, blockEnd, lstripBlocks, trimBlocks } = this.#delimiters
    const [start, end] = [escapeRegex(blockStart), escapeRegex(blockEnd)]
    const begin = new RegExp(`\\s*raw\\s*([-+]?)${end}`, 'y')
    begin.lastIndex = opening.inside
    const head = begin.exec(this.#text)
    if (!head) return false
    this.#close(undefined, begin.lastIndex - blockEnd.length - (head[1] ?? '').length, blockEnd, false)
    const tail = new RegExp(`${start}([-+]?)\\s*endraw\\s*(?=[-+]?${end})`, 'g')
    tail.lastIndex = this.#at
    const last = tail.exec(this.#text)
    if (!last) {
      throw syntaxError(this.#origin, { start: opening.at, end: begin.lastIndex }, '"raw" is not closed', [
        `close it with "${blockStart} endraw ${blockEnd}"`,
      ])
    }
    const sign = last[1] ?? ''
    const body = this.#text.slice(this.#at, last.index)
    const stripped = sign === '' && lstripBlocks ? body.replace(/(^|\n)[ \t]+$/, '$1') : body
    this.#push('data', this.#at, this.#at + (sign === '-' ? body.trimEnd() : stripped).length)
    this.#close(undefined, tail.lastIndex, blockEnd, trimBlocks)
    return true
  }

  #lineStatement(opening: Opening): void {
    this.#push('openBlock', opening.at, opening.inside)
    const text = this.#text
    const isEnd = (at: number): number | undefined => (at >= text.length || text[at] === '\n' ? at : undefined)
    const end = lexCode(this.#origin, opening.inside, isEnd, () => new Error('unreachable'), this.#tokens)
    const last = this.#tokens.at(-1)
    if (last?.kind === 'operator' && last.text === ':') this.#tokens.pop()
    this.#push('closeBlock', end, end)
    this.#at = Math.min(text.length, end + 1)
  }

  #push(kind: Token['kind'], start: number, end: number): void {
    if (kind === 'data' && end <= start) return
    const text = this.#text.slice(start, end)
    this.#tokens.push({ kind, text: kind === 'data' ? text.replace(/\r\n?/g, '\n') : text, start, end })
  }
}

const lineEnd = (text: string, from: number): number => {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

const escapeRegex = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

const patterns = new WeakMap<Delimiters, string>()

/** Where code may begin; of two delimiters that begin alike the longer one is meant. */
const openingPattern = (delimiters: Delimiters): RegExp => {
  const known = patterns.get(delimiters)
  if (known !== undefined) return new RegExp(known, 'gm')
  const { variableStart, blockStart, commentStart, lineStatementPrefix, lineCommentPrefix } = delimiters
  const starts: [string, string][] = [
    ['variable', variableStart],
    ['block', blockStart],
    ['comment', commentStart],
  ]
  const alternatives = starts
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([kind, start]) => `(?<${kind}>${escapeRegex(start)}[-+]?)`)
  if (lineCommentPrefix)
    alternatives.unshift(`(?<lineComment>(?:^|(?<=\\S))[^\\S\\n]*${escapeRegex(lineCommentPrefix)})`)
  if (lineStatementPrefix) alternatives.push(`(?<lineStatement>^[ \\t\\v]*${escapeRegex(lineStatementPrefix)}[-+]?)`)
  const pattern = alternatives.join('|')
  patterns.set(delimiters, pattern)
  return new RegExp(pattern, 'gm')
}
