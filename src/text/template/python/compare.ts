import { isMapping } from '../values/dict.ts'
import { fail } from '../values/fail.ts'
import { Float, isNumber, numberOf } from '../values/float.ts'
import { Instance } from '../values/instance.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import { itemsOf } from './iterate.ts'
import { entriesOf, getKey, hasKey, sizeOf } from './mapping.ts'
import { repr } from './text.ts'
import { kindOf, typeName } from './type-name.ts'

/** Python's `==`: by value, all the way down; `1 == 1.0 == True`. */
export const equals = (a: RuntimeValue, b: RuntimeValue): boolean => {
  if (a instanceof Undefined) throw a.toError()
  if (b instanceof Undefined) throw b.toError()
  if (isNumeric(a) && isNumeric(b)) return compareNumbers(a, b) === 0
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) return equalItems(a, b)
  if (a instanceof Tuple && b instanceof Tuple) return equalItems(a.items, b.items)
  if (isMapping(a) && isMapping(b)) {
    if (sizeOf(a) !== sizeOf(b)) return false
    return entriesOf(a).every(([key, value]) => hasKey(b, key) && equals(value, getKey(b, key) as RuntimeValue))
  }
  return a instanceof Instance && b instanceof Instance && isOrdered(a) && isOrdered(b) && a.order(b) === 0
}

const equalItems = (a: readonly RuntimeValue[], b: readonly RuntimeValue[]): boolean =>
  a.length === b.length && a.every((item, index) => equals(item, b[index] as RuntimeValue))

/** Something with an order of its own: dates. NaN where the two cannot be compared. */
export interface Ordered {
  order(other: Instance): number
}

const isOrdered = (value: Instance): value is Instance & Ordered => 'order' in value

/**
 * The order of two values as Python's `<` has it.
 *
 * @returns below 0, 0, above 0, or NaN where neither is smaller (NaN itself)
 * @throws template/bad-value for kinds that Python does not compare
 */
export const order = (a: RuntimeValue, b: RuntimeValue): number => {
  if (a instanceof Undefined) throw a.toError()
  if (b instanceof Undefined) throw b.toError()
  if (isNumeric(a) && isNumeric(b)) return compareNumbers(a, b)
  if (typeof a === 'string' && typeof b === 'string') return orderText(a, b)
  if (Array.isArray(a) && Array.isArray(b)) return orderItems(a, b)
  if (a instanceof Tuple && b instanceof Tuple) return orderItems(a.items, b.items)
  if (a instanceof Instance && b instanceof Instance && isOrdered(a)) return a.order(b)
  const numberAndText = (isNumeric(a) && typeof b === 'string') || (typeof a === 'string' && isNumeric(b))
  throw fail(
    `${kindOf(a)} (${brief(a)}) and ${kindOf(b)} (${brief(b)}) cannot be ordered`,
    numberAndText ? ['make both numbers with the filter int or float, or both versions with the test version'] : [],
  )
}

/** Texts by code points, as Python orders them. */
export const orderText = (a: string, b: string): number => {
  if (a === b) return 0
  const left = Array.from(a)
  const right = Array.from(b)
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = ((left[i] as string).codePointAt(0) ?? 0) - ((right[i] as string).codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

const orderItems = (a: readonly RuntimeValue[], b: readonly RuntimeValue[]): number => {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [left, right] = [a[i] as RuntimeValue, b[i] as RuntimeValue]
    if (!equals(left, right)) return order(left, right)
  }
  return a.length - b.length
}

/** Python's `in`: part of a text, item of a list, key of a mapping. */
export const contains = (container: RuntimeValue, item: RuntimeValue): boolean => {
  if (item instanceof Undefined) throw item.toError()
  if (typeof container === 'string') {
    if (typeof item === 'string') return container.includes(item)
    throw fail(`${kindOf(item)} (${brief(item)}) cannot be part of a text`, ['make it a text with the filter string'])
  }
  if (isMapping(container)) return hasKey(container, item)
  return itemsOf(container).some((other) => (other instanceof Undefined ? false : equals(other, item)))
}

type Numeric = number | bigint | boolean | Float

const isNumeric = (value: RuntimeValue): value is Numeric => typeof value === 'boolean' || isNumber(value)

const compareNumbers = (a: Numeric, b: Numeric): number => {
  const left = a instanceof Float ? a.value : a
  const right = b instanceof Float ? b.value : b
  if (typeof left === 'bigint' || typeof right === 'bigint') return left < right ? -1 : left > right ? 1 : 0
  return numberOf(left) - numberOf(right) || (numberOf(left) === numberOf(right) ? 0 : numberOf(left) - numberOf(right))
}

const brief = (value: RuntimeValue): string => {
  const text = typeName(value) === 'undefined' ? 'undefined' : repr(value)
  return text.length > 40 ? `${text.slice(0, 37)}...` : text
}
