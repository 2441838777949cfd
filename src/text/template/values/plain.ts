import type { PlainValue } from '../../../base/value.ts'
import { entriesOf } from '../python/mapping.ts'
import { str } from '../python/text.ts'
import { isMapping } from './dict.ts'
import { Float } from './float.ts'
import { Instance } from './instance.ts'
import { Tuple } from './tuple.ts'
import type { RuntimeValue } from './types.ts'
import { Nothing, Undefined } from './undefined.ts'

/**
 * A value as it leaves the evaluator: floats are numbers, tuples lists, keys texts; integers beyond what a number holds
 * are texts of digits; lazy mappings are computed whole.
 *
 * @throws template/undefined-variable where something undefined is in it
 */
export const toPlain = (value: RuntimeValue): PlainValue => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return value
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Float) return value.value
  if (Array.isArray(value)) return value.map(toPlain)
  if (value instanceof Tuple) return value.items.map(toPlain)
  if (value instanceof Nothing) return ''
  if (value instanceof Undefined) throw value.toError()
  if (value instanceof Instance) return value.text()
  if (!isMapping(value)) return str(value)
  return Object.fromEntries(entriesOf(value).map(([key, item]) => [str(key), toPlain(item)]))
}
