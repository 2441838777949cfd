import { didYouMean } from '../../../base/nearest.ts'
import { fail } from './fail.ts'
import type { RuntimeValue } from './types.ts'

const NONE: ReadonlyMap<string, RuntimeValue> = new Map()

/** Arguments of a call. */
export class Arguments {
  /** Who is called, for errors: `the filter "default"`. */
  readonly owner: string
  readonly positional: readonly RuntimeValue[]
  readonly named: ReadonlyMap<string, RuntimeValue>

  constructor(
    owner: string,
    positional: readonly RuntimeValue[] = [],
    named: ReadonlyMap<string, RuntimeValue> = NONE,
  ) {
    this.owner = owner
    this.positional = positional
    this.named = named
  }

  /** The same arguments for somebody else, without the first few. */
  rest(owner: string, from: number): Arguments {
    return new Arguments(owner, this.positional.slice(from), this.named)
  }

  /** The same arguments and one more with a name. */
  with(name: string, value: RuntimeValue): Arguments {
    return new Arguments(this.owner, this.positional, new Map(this.named).set(name, value))
  }

  /**
   * Lays the arguments on parameters; a name that ends in `!` must be given.
   *
   * @returns values in the order of the parameters, undefined where none was given
   * @throws template/bad-arguments
   */
  bind(...parameters: readonly string[]): (RuntimeValue | undefined)[] {
    const names = parameters.map((parameter) => parameter.replace('!', ''))
    if (this.positional.length > names.length) {
      throw this.#bad(
        `${this.owner} takes ${count(names.length)}, not ${this.positional.length}`,
        signature(parameters),
      )
    }
    for (const name of this.named.keys()) {
      const index = names.indexOf(name)
      if (index < 0) throw this.#bad(`${this.owner} has no argument "${name}"`, didYouMean(name, names))
      if (index < this.positional.length) throw this.#bad(`${this.owner} was given "${name}" twice`)
    }
    return parameters.map((parameter, index) => {
      const value = index < this.positional.length ? this.positional[index] : this.named.get(names[index] as string)
      if (value === undefined && parameter.endsWith('!')) {
        throw this.#bad(`${this.owner} needs the argument "${names[index]}"`, signature(parameters))
      }
      return value
    })
  }

  #bad(message: string, hints: readonly string[] = []) {
    return fail(message, hints, 'template/bad-arguments')
  }
}

const count = (length: number): string =>
  length === 0 ? 'no arguments' : length === 1 ? 'at most one argument' : `at most ${length} arguments`

const signature = (parameters: readonly string[]): string[] => {
  if (parameters.length === 0) return []
  return [
    `its arguments: ${parameters.map((name) => (name.endsWith('!') ? name.slice(0, -1) : `${name}?`)).join(', ')}`,
  ]
}
