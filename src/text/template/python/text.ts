import { Dict, isRecord } from '../values/dict.ts'
import { Float } from '../values/float.ts'
import { Instance } from '../values/instance.ts'
import { LazyMapping } from '../values/lazy.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Nothing, Undefined } from '../values/undefined.ts'
import { floatText } from './float-text.ts'

/**
 * Python's str(): how a value prints inside a text (`True`, `None`, `{'a': 1}`).
 *
 * @throws template/undefined-variable for an undefined value
 */
export const str = (value: RuntimeValue): string => (typeof value === 'string' ? value : repr(value))

/** Python's repr(): as str(), with texts in quotes. */
export const repr = (value: RuntimeValue): string => {
  if (typeof value === 'string') return quoteText(value)
  if (value === null) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (typeof value === 'number') return Number.isInteger(value) ? integerText(value) : floatText(value)
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`
  if (value instanceof Float) return floatText(value.value)
  if (value instanceof Tuple) return `(${value.items.map(repr).join(', ')}${value.items.length === 1 ? ',' : ''})`
  if (value instanceof Nothing) return ''
  if (value instanceof Undefined) throw value.toError()
  if (value instanceof Instance) return value.text()
  if (value instanceof Dict) return braces(value.entries())
  if (value instanceof LazyMapping) return braces(lazyEntries(value))
  return isRecord(value) ? braces(Object.entries(value)) : String(value)
}

const braces = (entries: Iterable<readonly [RuntimeValue, RuntimeValue]>): string =>
  `{${Array.from(entries, ([key, value]) => `${repr(key)}: ${repr(value)}`).join(', ')}}`

const lazyEntries = (mapping: LazyMapping): [RuntimeValue, RuntimeValue][] =>
  Array.from(mapping.keys(), (key) => [key, mapping.get(key) as RuntimeValue])

const integerText = (value: number): string => (Number.isSafeInteger(value) ? String(value) : BigInt(value).toString())

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const quoteText = (text: string): string => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  let result = quote
  for (const character of text) {
    const code = character.codePointAt(0) as number
    if (character === quote) result += `\\${quote}`
    else if (ESCAPES[character] !== undefined) result += ESCAPES[character]
    else result += isPrintable(character, code) ? character : escapeCode(code)
  }
  return result + quote
}

const isPrintable = (character: string, code: number): boolean =>
  code < 0x7f ? code >= 0x20 : !/^[\p{C}\p{Zl}\p{Zp}\p{Zs}]$/u.test(character)

const escapeCode = (code: number): string => {
  const hex = code.toString(16)
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}
