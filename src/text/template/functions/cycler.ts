import { fail } from '../values/fail.ts'
import { Callable, Instance } from '../values/instance.ts'
import type { RuntimeValue } from '../values/types.ts'

/** What `cycler(a, b)` makes: its values in turn. */
export class Cycler extends Instance {
  readonly typeName = 'cycler'
  readonly #items: readonly RuntimeValue[]
  #at = 0

  constructor(items: readonly RuntimeValue[]) {
    super()
    if (items.length === 0) throw fail('cycler needs values', [], 'template/bad-arguments')
    this.#items = items
  }

  attribute(name: string): RuntimeValue | undefined {
    if (name === 'current') return this.#items[this.#at] as RuntimeValue
    if (name === 'next') return new Callable('cycler.next', () => this.#next())
    if (name !== 'reset') return undefined
    return new Callable('cycler.reset', () => {
      this.#at = 0
      return null
    })
  }

  text(): string {
    return '<cycler>'
  }

  #next(): RuntimeValue {
    const item = this.#items[this.#at] as RuntimeValue
    this.#at = (this.#at + 1) % this.#items.length
    return item
  }
}

/** What `joiner(', ')` makes: nothing at the first call, its text at every later one. */
export class Joiner extends Instance {
  readonly typeName = 'joiner'
  readonly #separator: string
  #used = false

  constructor(separator: string) {
    super()
    this.#separator = separator
  }

  attribute(): undefined {
    return undefined
  }

  call(): RuntimeValue {
    if (this.#used) return this.#separator
    this.#used = true
    return ''
  }

  text(): string {
    return '<joiner>'
  }
}
