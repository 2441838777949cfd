import { kindOf } from '../python/type-name.ts'
import { fail } from '../values/fail.ts'
import { isInteger } from '../values/float.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'

/** Python's `object[from:to:step]` of a text, list or tuple; null where a bound is left out. */
export const sliceOf = (object: RuntimeValue, bounds: readonly RuntimeValue[]): RuntimeValue => {
  if (object instanceof Undefined) throw object.toError()
  const [from, to, step] = bounds.map(bound)
  if (typeof object === 'string') return slice(Array.from(object), from, to, step).join('')
  if (Array.isArray(object)) return slice(object, from, to, step)
  if (object instanceof Tuple) return new Tuple(slice(object.items, from, to, step))
  throw fail(`${kindOf(object)} cannot be sliced`, ['make it a list with the filter list'])
}

const bound = (value: RuntimeValue): number | undefined => {
  if (value === null) return undefined
  if (value instanceof Undefined) throw value.toError()
  if (!isInteger(value)) throw fail(`the bounds of a slice are integers, not ${kindOf(value)}`, ['use the filter int'])
  return Number(value)
}

const slice = <T>(items: readonly T[], from?: number, to?: number, step = 1): T[] => {
  if (step === 0) throw fail('the step of a slice cannot be 0')
  if (step === 1) return items.slice(from ?? 0, to ?? items.length)
  const length = items.length
  const clamp = (value: number, low: number, high: number): number =>
    Math.min(high, Math.max(low, value < 0 ? value + length : value))
  const result: T[] = []
  if (step > 0) {
    const end = clamp(to ?? length, 0, length)
    for (let i = clamp(from ?? 0, 0, length); i < end; i += step) result.push(items[i] as T)
    return result
  }
  const end = to === undefined ? -1 : clamp(to, -1, length - 1)
  for (let i = from === undefined ? length - 1 : clamp(from, -1, length - 1); i > end; i += step)
    result.push(items[i] as T)
  return result
}
