import { LifeboatError } from '../../../base/errors.ts'
import type { Position } from '../../../base/position.ts'

/**
 * What a name, key or attribute that does not exist evaluates to. It may be tested (`is defined`), defaulted and asked
 * for further attributes; any other use is the error `template/undefined-variable`.
 */
export class Undefined {
  // Private, so that whoever takes it for a mapping finds an empty one: false, never true.
  readonly #name: string
  readonly #describe: () => UndefinedDescription

  constructor(name: string, describe: () => UndefinedDescription) {
    this.#name = name
    this.#describe = describe
  }

  /** What was written: `pg.port`, `users[0].login`. */
  get name(): string {
    return this.#name
  }

  describe(): UndefinedDescription {
    return this.#describe()
  }

  get message(): string {
    return this.#describe().message
  }

  get position(): Position | undefined {
    return this.#describe().position
  }

  /** The error that using it is. */
  toError(): LifeboatError {
    const { message, position, hints, cause } = this.#describe()
    return new LifeboatError('template/undefined-variable', message, {
      where: position,
      hints,
      cause,
      data: { variable: this.#name },
    })
  }
}

/**
 * What an inline `if` without its `else` gives when the condition is false: undefined for tests and `default`, and
 * nothing, rather than an error, where it is printed.
 */
export class Nothing extends Undefined {}

export interface UndefinedDescription {
  readonly message: string
  readonly position?: Position | undefined
  readonly hints?: readonly string[]
  /** The error inside the variable's own template that made it undefined. */
  readonly cause?: LifeboatError | undefined
}
