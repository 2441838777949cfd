import type { Span } from './ast.ts'
import type { Origin } from './origin.ts'
import { syntaxError } from './syntax-error.ts'
import type { Token } from './token.ts'

const DEEPEST = 200

/** The parser's place in the tokens of a template. */
export class Cursor {
  readonly origin: Origin
  /** Backslashes of texts inside `{{ }}` are kept as they are. */
  readonly literalBackslashes: boolean
  readonly #tokens: readonly Token[]
  #index = 0
  #depth = 0
  /** Whether the code at hand stands in `{{ }}`. */
  inVariable = false

  constructor(origin: Origin, tokens: readonly Token[], literalBackslashes: boolean) {
    this.origin = origin
    this.#tokens = tokens
    this.literalBackslashes = literalBackslashes
  }

  get current(): Token {
    return this.#tokens[this.#index] as Token
  }

  get previousEnd(): number {
    return this.#tokens[this.#index - 1]?.end ?? 0
  }

  peek(ahead = 1): Token {
    return (this.#tokens[this.#index + ahead] ?? this.#tokens.at(-1)) as Token
  }

  next(): Token {
    const token = this.current
    if (token.kind !== 'end') this.#index++
    return token
  }

  isOperator(text: string): boolean {
    return this.current.kind === 'operator' && this.current.text === text
  }

  isName(text: string): boolean {
    return this.current.kind === 'name' && this.current.text === text
  }

  acceptOperator(text: string): boolean {
    if (!this.isOperator(text)) return false
    this.#index++
    return true
  }

  acceptName(text: string): boolean {
    if (!this.isName(text)) return false
    this.#index++
    return true
  }

  expectOperator(text: string): Token {
    if (!this.isOperator(text)) throw this.unexpected(`"${text}"`)
    return this.next()
  }

  expectName(what: string): Token {
    if (this.current.kind !== 'name') throw this.unexpected(what)
    return this.next()
  }

  /** Guards against code that is nested without end. */
  deeper<T>(parse: () => T): T {
    if (++this.#depth > DEEPEST) throw this.error('the template is nested too deeply', this.current)
    const result = parse()
    this.#depth--
    return result
  }

  unexpected(expected?: string, hints: readonly string[] = []): Error {
    return this.unexpectedToken(this.current, expected, hints)
  }

  unexpectedToken(token: Token, expected?: string, hints: readonly string[] = []): Error {
    const found = describe(token)
    const message = expected === undefined ? `unexpected ${found}` : `${expected} expected, found ${found}`
    return this.error(message, token, hints)
  }

  error(message: string, span: Span, hints: readonly string[] = []): Error {
    return syntaxError(this.origin, span, message, hints)
  }
}

const describe = (token: Token): string => {
  if (token.kind === 'end') return 'the end'
  if (token.kind === 'data') return 'text'
  return token.kind === 'text' ? `the text ${token.text}` : `"${token.text}"`
}
