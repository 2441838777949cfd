import { Dict } from '../values/dict.ts'
import { float, integer } from '../values/float.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { unescapeText } from './escape.ts'

const CONSTANTS = new Map<string, RuntimeValue>([
  ['True', true],
  ['False', false],
  ['None', null],
  ['true', true],
  ['false', false],
  ['null', null],
])

const DEEPEST = 100

/**
 * Reads a text that is a Python (or JSON) literal: lists, mappings, tuples, texts, numbers, True, False, None.
 *
 * @returns undefined when the text is anything else
 */
export const parseLiteral = (text: string): RuntimeValue | undefined => {
  const reader = new LiteralReader(text)
  const value = reader.value(0)
  return value !== undefined && reader.atEnd() ? value : undefined
}

const TOKEN =
  /\s*(?:([[\](){}:,])|([bruBRU]{0,2})('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|([-+]?[\w.]+(?:(?<=\d[eE])[-+]\d+)?))/sy

class LiteralReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  atEnd(): boolean {
    return this.#text.slice(this.#at).trim() === ''
  }

  value(depth: number): RuntimeValue | undefined {
    if (depth > DEEPEST) return undefined
    const token = this.#take()
    if (!token) return undefined
    const [, mark, prefix = '', quoted, word] = token
    if (quoted !== undefined) return this.#texts(prefix, quoted)
    if (word !== undefined) return CONSTANTS.has(word) ? CONSTANTS.get(word) : readNumber(word)
    if (mark === '[') return this.#items(']', depth)?.items
    if (mark === '(') {
      const found = this.#items(')', depth)
      if (!found) return undefined
      return found.items.length === 1 && !found.comma ? found.items[0] : new Tuple(found.items)
    }
    return mark === '{' ? this.#mapping(depth) : undefined
  }

  #texts(prefix: string, quoted: string): string {
    let result = prefix.toLowerCase().includes('r') ? quoted.slice(1, -1) : unescapeText(quoted.slice(1, -1))
    for (let next = this.#peek(); next?.[3] !== undefined; next = this.#peek()) {
      this.#take()
      result += unescapeText(next[3].slice(1, -1))
    }
    return result
  }

  #items(end: string, depth: number): { items: RuntimeValue[]; comma: boolean } | undefined {
    const items: RuntimeValue[] = []
    let comma = false
    for (;;) {
      if (this.#accept(end)) return { items, comma }
      if (items.length > 0 && !comma) return undefined
      const item = this.value(depth + 1)
      if (item === undefined) return undefined
      items.push(item)
      comma = this.#accept(',')
    }
  }

  #mapping(depth: number): Dict | undefined {
    const dict = new Dict()
    for (let comma = true; ; comma = this.#accept(',')) {
      if (this.#accept('}')) return dict
      if (!comma) return undefined
      const key = this.value(depth + 1)
      if (key === undefined || Array.isArray(key) || key instanceof Dict || !this.#accept(':')) return undefined
      const value = this.value(depth + 1)
      if (value === undefined) return undefined
      dict.set(key, value)
    }
  }

  #accept(mark: string): boolean {
    if (this.#peek()?.[1] !== mark) return false
    this.#take()
    return true
  }

  #peek(): RegExpExecArray | null {
    TOKEN.lastIndex = this.#at
    return TOKEN.exec(this.#text)
  }

  #take(): RegExpExecArray | null {
    const token = this.#peek()
    if (token) this.#at += token[0].length
    return token
  }
}

const readNumber = (word: string): RuntimeValue | undefined => {
  const plain = word.replace(/(?<=\d)_(?=\d)/g, '')
  if (/^[-+]?(0|[1-9]\d*)$/.test(plain)) return integer(BigInt(plain.replace('+', '')))
  if (/^[-+]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][-+]?\d+)?$/.test(plain)) return float(Number(plain))
  if (/^0[xX][\da-fA-F]+$|^0[oO][0-7]+$|^0[bB][01]+$/.test(plain)) return integer(BigInt(plain.toLowerCase()))
  return undefined
}
