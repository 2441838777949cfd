import type { RuntimeValue } from '../values/types.ts'

/** Variables that a template itself sets: of the template, of one round of a loop, of a macro. */
export class Frame {
  readonly #variables = new Map<string, RuntimeValue>()
  readonly #parent: Frame | undefined

  constructor(parent?: Frame) {
    this.#parent = parent
  }

  get(name: string): RuntimeValue | undefined {
    const value = this.#variables.get(name)
    return value === undefined ? this.#parent?.get(name) : value
  }

  set(name: string, value: RuntimeValue): void {
    this.#variables.set(name, value)
  }

  /** Names and values that were set in this frame itself. */
  own(): IterableIterator<[string, RuntimeValue]> {
    return this.#variables.entries()
  }

  *names(): Iterable<string> {
    yield* this.#variables.keys()
    if (this.#parent) yield* this.#parent.names()
  }
}
