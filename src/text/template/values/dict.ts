import { Float } from './float.ts'
import { Instance } from './instance.ts'
import { LazyMapping } from './lazy.ts'
import { Tuple } from './tuple.ts'
import type { Mapping, RuntimeRecord, RuntimeValue } from './types.ts'
import { Undefined } from './undefined.ts'

/** A mapping that a template made: keys of any simple type, in the order in which they were added. */
export class Dict {
  readonly #entries = new Map<unknown, [RuntimeValue, RuntimeValue]>()

  constructor(entries: Iterable<readonly [RuntimeValue, RuntimeValue]> = []) {
    for (const [key, value] of entries) this.set(key, value)
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: RuntimeValue): RuntimeValue | undefined {
    return this.#entries.get(identity(key))?.[1]
  }

  has(key: RuntimeValue): boolean {
    return this.#entries.has(identity(key))
  }

  set(key: RuntimeValue, value: RuntimeValue): void {
    const id = identity(key)
    const old = this.#entries.get(id)
    this.#entries.set(id, [old ? old[0] : key, value])
  }

  delete(key: RuntimeValue): boolean {
    return this.#entries.delete(identity(key))
  }

  entries(): Iterable<readonly [RuntimeValue, RuntimeValue]> {
    return this.#entries.values()
  }
}

/** What two keys that Python holds for equal have in common: 1, 1.0 and True are one key. */
const identity = (key: RuntimeValue): unknown => {
  if (typeof key === 'boolean') return key ? 1 : 0
  if (key instanceof Float) return key.value
  if (key instanceof Tuple) return `\0${key.items.map((item) => `${typeof item}${String(identity(item))}`).join('\0')}`
  return key
}

export const isMapping = (value: unknown): value is Mapping =>
  value instanceof Dict || value instanceof LazyMapping || isRecord(value)

/** Whether a value is a mapping out of a variable: a plain object. */
export const isRecord = (value: unknown): value is RuntimeRecord =>
  value !== null &&
  typeof value === 'object' &&
  !Array.isArray(value) &&
  !(
    value instanceof Dict ||
    value instanceof LazyMapping ||
    value instanceof Float ||
    value instanceof Tuple ||
    value instanceof Undefined ||
    value instanceof Instance
  )

/** Own keys only: what an object inherits is nothing that a template can see. */
export const ownValue = (record: RuntimeRecord, key: string): RuntimeValue | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined
