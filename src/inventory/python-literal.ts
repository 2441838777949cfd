import type { Position } from '../base/position.ts'
import { hasTemplate, isMapping, Template, type Value } from '../base/value.ts'
import { FloatLiteral } from '../text/float-literal.ts'

const NOT_A_LITERAL = Symbol('not a literal')

/**
 * Reads a text as Ansible types the values of INI inventories: what Python takes for a literal (numbers, quoted texts,
 * True, False, None, lists, tuples, dictionaries, sets) becomes that value, everything else stays the text it is.
 * So `5` is a number, `0644`, `yes` and `true` are texts, `"5"` is the text 5. Texts with template syntax become
 * templates.
 *
 * @param where the place of the text
 */
export const readPythonLiteral = (text: string, where: Position): Value => {
  const reader = new LiteralReader(text, where)
  try {
    return reader.readWhole()
  } catch (error) {
    if (error === NOT_A_LITERAL) return textOrTemplate(text, where)
    throw error
  }
}

const textOrTemplate = (text: string, where: Position): Value => (hasTemplate(text) ? new Template(text, where) : text)

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '0': '\0',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
}

class LiteralReader {
  readonly #text: string
  readonly #where: Position
  #at = 0

  constructor(text: string, where: Position) {
    this.#text = text
    this.#where = where
  }

  readWhole(): Value {
    this.#skipSpace()
    const first = this.#readValue()
    const items = [first]
    let tuple = false
    while (this.#take(',')) {
      tuple = true
      if (this.#atEnd()) break
      items.push(this.#readValue())
    }
    if (!this.#atEnd()) throw NOT_A_LITERAL
    return tuple ? items : first
  }

  #readValue(): Value {
    this.#skipSpace()
    const next = this.#text[this.#at] ?? ''
    if (next === '[') return this.#readList(']')
    if (next === '(') return this.#readParentheses()
    if (next === '{') return this.#readBraces()
    const word = this.#match(/(?:True|False|None)(?!\w)/y)
    if (word !== undefined) return word === 'None' ? null : word === 'True'
    if (/['"]/.test(next) || /[rRbBuU]{1,2}['"]/y.test(this.#text.slice(this.#at, this.#at + 3)))
      return textOrTemplate(this.#readTexts(), this.#where)
    return this.#readNumber()
  }

  #readNumber(): Value {
    const sign = this.#match(/[+-]\s*/y)?.startsWith('-') ? -1 : 1
    const based = this.#match(/0[xX](?:_?[0-9A-Fa-f])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+/y)
    const decimal =
      based ?? this.#match(/(?:\d(?:_?\d)*)?\.\d(?:_?\d)*(?:[eE][+-]?\d+)?|\d(?:_?\d)*\.?(?:[eE][+-]?\d+)?/y)
    if (decimal === undefined || /[\w.]/.test(this.#text[this.#at] ?? '')) throw NOT_A_LITERAL
    if (/^0[\d_]*[1-9][\d_]*$/.test(decimal)) throw NOT_A_LITERAL
    const number = sign * Number(decimal.replaceAll('_', ''))
    const isFloat = based === undefined && /[.eE]/.test(decimal)
    return isFloat && Number.isInteger(number) ? new FloatLiteral(number, this.#where) : number
  }

  /** One text or several beside each other, which Python joins. */
  #readTexts(): string {
    let joined = ''
    for (;;) {
      const prefix = this.#match(/[rRbBuU]{0,2}(?=['"])/y)
      if (prefix === undefined) return joined
      joined += this.#readText(/r/i.test(prefix))
      this.#skipSpace()
    }
  }

  #readText(isRaw: boolean): string {
    const quote = this.#match(/'''|"""|['"]/y) ?? ''
    let text = ''
    while (!this.#text.startsWith(quote, this.#at)) {
      const character = this.#text[this.#at++]
      if (character === undefined || (character === '\n' && quote.length === 1)) throw NOT_A_LITERAL
      text += character === '\\' ? this.#readEscape(isRaw) : character
    }
    this.#at += quote.length
    return text
  }

  #readEscape(isRaw: boolean): string {
    const code = isRaw ? undefined : this.#match(/x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}/y)
    if (code !== undefined) return String.fromCodePoint(Number.parseInt(code.slice(1), 16))
    const next = this.#text[this.#at++]
    if (next === undefined) throw NOT_A_LITERAL
    return isRaw ? `\\${next}` : (ESCAPES[next] ?? `\\${next}`)
  }

  #readList(close: string): Value[] {
    this.#at++
    const items: Value[] = []
    while (!this.#take(close)) {
      items.push(this.#readValue())
      if (!this.#take(',')) {
        if (this.#take(close)) break
        throw NOT_A_LITERAL
      }
    }
    return items
  }

  #readParentheses(): Value {
    const begin = this.#at
    const items = this.#readList(')')
    const isTuple = items.length !== 1 || /,\s*\)$/.test(this.#text.slice(begin, this.#at))
    return isTuple ? items : (items[0] ?? null)
  }

  #readBraces(): Value {
    this.#at++
    if (this.#take('}')) return {}
    const entries: [string, Value][] = []
    const items: Value[] = []
    do {
      if (this.#take('}')) return this.#braces(entries, items)
      const key = this.#readValue()
      if (this.#take(':')) entries.push([keyText(key), this.#readValue()])
      else items.push(key)
    } while (this.#take(','))
    if (!this.#take('}')) throw NOT_A_LITERAL
    return this.#braces(entries, items)
  }

  #braces(entries: [string, Value][], items: Value[]): Value {
    if (entries.length > 0 && items.length > 0) throw NOT_A_LITERAL
    return entries.length > 0 ? Object.fromEntries(entries) : items
  }

  #take(text: string): boolean {
    this.#skipSpace()
    if (!this.#text.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  #skipSpace(): void {
    this.#match(/(?:\s|#.*)*/y)
  }

  #atEnd(): boolean {
    this.#skipSpace()
    return this.#at >= this.#text.length
  }
}

const keyText = (key: Value): string => {
  if (Array.isArray(key) || isMapping(key) || key instanceof Template) throw NOT_A_LITERAL
  if (key === null) return 'None'
  return typeof key === 'boolean' ? (key ? 'True' : 'False') : String(key)
}
