import { isMapping } from '../values/dict.ts'
import { fail } from '../values/fail.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Nothing, Undefined } from '../values/undefined.ts'
import { keysOf } from './mapping.ts'
import { kindOf } from './type-name.ts'

/**
 * The items of a value as Python iterates it: items of a list, characters of a text, keys of a mapping.
 *
 * @throws template/bad-value for what cannot be iterated, template/undefined-variable
 */
export const itemsOf = (value: RuntimeValue): readonly RuntimeValue[] => {
  const items = itemsIfAny(value)
  if (items) return items
  if (value instanceof Undefined) throw value.toError()
  throw fail(`${kindOf(value)} cannot be used as a list`, [], 'template/bad-value')
}

/** The items of a value, undefined for what cannot be iterated. */
export const itemsIfAny = (value: RuntimeValue): readonly RuntimeValue[] | undefined => {
  if (Array.isArray(value)) return value
  if (value instanceof Tuple) return value.items
  if (value instanceof Nothing) return []
  if (typeof value === 'string') return Array.from(value)
  return isMapping(value) ? keysOf(value) : undefined
}
