import { equals } from '../python/compare.ts'
import { itemsOf } from '../python/iterate.ts'
import type { Arguments } from '../values/arguments.ts'
import { fail } from '../values/fail.ts'
import { Callable, Instance } from '../values/instance.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'

/** The variable `loop` inside a `for`. */
export class Loop extends Instance {
  readonly typeName = 'loop'
  readonly #items: readonly RuntimeValue[]
  readonly #depth: number
  readonly #recurse: ((items: readonly RuntimeValue[]) => string) | undefined
  #index = -1
  #last: RuntimeValue | undefined

  constructor(items: readonly RuntimeValue[], depth: number, recurse?: (items: readonly RuntimeValue[]) => string) {
    super()
    this.#items = items
    this.#depth = depth
    this.#recurse = recurse
  }

  advance(): void {
    this.#index++
  }

  attribute(name: string): RuntimeValue | undefined {
    const length = this.#items.length
    switch (name) {
      case 'index':
        return this.#index + 1
      case 'index0':
        return this.#index
      case 'revindex':
        return length - this.#index
      case 'revindex0':
        return length - this.#index - 1
      case 'first':
        return this.#index === 0
      case 'last':
        return this.#index === length - 1
      case 'length':
        return length
      case 'depth':
        return this.#depth
      case 'depth0':
        return this.#depth - 1
      case 'previtem':
        return this.#neighbour(-1, 'first')
      case 'nextitem':
        return this.#neighbour(1, 'last')
      case 'cycle':
        return new Callable('loop.cycle', (args) => this.#cycle(args))
      case 'changed':
        return new Callable('loop.changed', (args) => this.#changed(args))
      default:
        return undefined
    }
  }

  /** `loop(items)` in a `for … recursive`: the loop again, over other items. */
  call(args: Arguments): RuntimeValue {
    if (!this.#recurse) {
      throw fail('this loop is not recursive', ['write "recursive" at the end of its for'], 'template/unknown-function')
    }
    const [items] = args.bind('items!')
    return this.#recurse(itemsOf(items as RuntimeValue))
  }

  text(): string {
    return `<loop ${this.#index + 1}/${this.#items.length}>`
  }

  #neighbour(offset: number, which: string): RuntimeValue {
    const item = this.#items[this.#index + offset]
    if (item !== undefined) return item
    const name = offset < 0 ? 'loop.previtem' : 'loop.nextitem'
    return new Undefined(name, () => ({ message: `"${name}" does not exist for the ${which} item` }))
  }

  #cycle(args: Arguments): RuntimeValue {
    const values = args.positional
    if (values.length === 0) throw fail('loop.cycle needs values', [], 'template/bad-arguments')
    return values[this.#index % values.length] as RuntimeValue
  }

  #changed(args: Arguments): boolean {
    const value = new Tuple(args.positional)
    const changed = this.#last === undefined || !equals(this.#last, value)
    this.#last = value
    return changed
  }
}
