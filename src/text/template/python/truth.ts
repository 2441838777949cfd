import { Dict, isRecord } from '../values/dict.ts'
import { Float } from '../values/float.ts'
import { LazyMapping } from '../values/lazy.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Nothing, Undefined } from '../values/undefined.ts'

/**
 * Python's truth of a value: empty texts, lists and mappings, zero and None are false.
 *
 * @throws template/undefined-variable for an undefined value
 */
export const isTrue = (value: RuntimeValue): boolean => {
  if (typeof value === 'boolean') return value
  if (value instanceof Nothing) return false
  if (value instanceof Undefined) throw value.toError()
  if (Array.isArray(value)) return value.length > 0
  if (value instanceof Float) return value.value !== 0
  if (typeof value === 'number') return value !== 0
  if (value instanceof Tuple) return value.items.length > 0
  if (value instanceof Dict) return value.size > 0
  if (value instanceof LazyMapping) return !value.keys()[Symbol.iterator]().next().done
  return isRecord(value) ? Object.keys(value).length > 0 : Boolean(value)
}
