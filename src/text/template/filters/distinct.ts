import { equals } from '../python/compare.ts'
import type { RuntimeValue } from '../values/types.ts'

/** A set of values by Python's equality; texts and numbers are found at once. */
export class ValueSet {
  readonly #simple = new Set<unknown>()
  readonly #others: RuntimeValue[] = []

  has(value: RuntimeValue): boolean {
    if (isSimple(value)) return this.#simple.has(value)
    return this.#others.some((other) => equals(other, value))
  }

  /** Adds a value; false when it was there. */
  add(value: RuntimeValue): boolean {
    if (this.has(value)) return false
    if (isSimple(value)) this.#simple.add(value)
    else this.#others.push(value)
    return true
  }
}

const isSimple = (value: RuntimeValue): boolean =>
  typeof value === 'string' || typeof value === 'number' || value === null

/** The items without repetitions, in their order. */
export const distinct = (items: readonly RuntimeValue[]): RuntimeValue[] => {
  const seen = new ValueSet()
  return items.filter((item) => seen.add(item))
}
