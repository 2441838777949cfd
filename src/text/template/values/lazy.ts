import type { PlainValue, Value } from '../../../base/value.ts'

/** A value of a scope that is computed when it is first used. */
export class Lazy {
  #compute: (() => Value | LazyMapping) | undefined
  #value: Value | LazyMapping | undefined
  constructor(compute: () => Value | LazyMapping) {
    this.#compute = compute
  }

  get value(): Value | LazyMapping {
    if (this.#compute) {
      this.#value = this.#compute()
      this.#compute = undefined
    }
    return this.#value as Value | LazyMapping
  }
}

export interface LazyMappingSource {
  /** The evaluated value of a key, undefined when there is no such key. */
  get(key: string): PlainValue | LazyMapping | undefined
  keys(): Iterable<string>
  /** Whether there is such a key, where that is cheaper to know than its value. */
  has?(key: string): boolean
}

/** A mapping whose values are computed one by one when they are used: `hostvars`, the variables of a host. */
export class LazyMapping {
  readonly #source: LazyMappingSource
  constructor(source: LazyMappingSource) {
    this.#source = source
  }

  get(key: string): PlainValue | LazyMapping | undefined {
    return this.#source.get(key)
  }

  has(key: string): boolean {
    return this.#source.has ? this.#source.has(key) : this.#source.get(key) !== undefined
  }

  keys(): Iterable<string> {
    return this.#source.keys()
  }
}
