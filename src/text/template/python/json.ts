import { isMapping } from '../values/dict.ts'
import { type Float, isNumber } from '../values/float.ts'
import { Instance } from '../values/instance.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import { orderText } from './compare.ts'
import { entriesOf } from './mapping.ts'
import { repr, str } from './text.ts'

export interface JsonOptions {
  /** Spaces a level; everything on one line when left out. */
  readonly indent?: number | undefined
  readonly sortKeys?: boolean
  /** Letters beyond ASCII are written as `\uXXXX`. */
  readonly ascii?: boolean
  readonly separators?: readonly [string, string]
}

/** Writes JSON as Python's json.dumps does: `{"a": 1, "b": [1, 2.0]}`. */
export const writeJson = (value: RuntimeValue, options: JsonOptions = {}): string => {
  const { indent, sortKeys = false, ascii = true } = options
  const [comma, colon] = options.separators ?? [indent === undefined ? ', ' : ',', ': ']
  const write = (item: RuntimeValue, level: number): string => {
    if (typeof item === 'string') return writeText(item, ascii)
    if (item === null || typeof item === 'boolean') return String(item)
    if (isNumber(item)) return numberText(item)
    if (item instanceof Undefined) throw item.toError()
    if (item instanceof Instance) return writeText(item.text(), ascii)
    if (isMapping(item)) {
      const entries = entriesOf(item).map(([key, one]) => [keyText(key), one] as const)
      if (sortKeys) entries.sort(([a], [b]) => orderText(a, b))
      return bracket(
        '{',
        '}',
        entries.map(([key, one]) => writeText(key, ascii) + colon + write(one, level + 1)),
        level,
      )
    }
    const items = item instanceof Tuple ? item.items : (item as readonly RuntimeValue[])
    return bracket(
      '[',
      ']',
      items.map((one) => write(one, level + 1)),
      level,
    )
  }
  const bracket = (open: string, close: string, parts: readonly string[], level: number): string => {
    if (parts.length === 0) return open + close
    if (indent === undefined) return open + parts.join(comma) + close
    const line = `\n${' '.repeat(indent * (level + 1))}`
    return `${open}${line}${parts.join(comma + line)}\n${' '.repeat(indent * level)}${close}`
  }
  return write(value, 0)
}

const numberText = (value: number | bigint | Float): string => {
  const text = repr(value)
  if (text === 'nan') return 'NaN'
  return text.replace('inf', 'Infinity')
}

const keyText = (key: RuntimeValue): string => {
  if (key === null || typeof key === 'boolean') return String(key)
  return isNumber(key) ? numberText(key) : str(key)
}

const writeText = (text: string, ascii: boolean): string => {
  const quoted = JSON.stringify(text)
  if (!ascii) return quoted
  return quoted.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
