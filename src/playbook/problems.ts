import { formatError, LifeboatError, LifeboatErrors } from '../base/errors.ts'

/** What is wrong or doubtful in the files of a playbook, collected so that all of it is said at once. */
export class Problems {
  readonly #errors = new Map<string, LifeboatError>()
  readonly #warnings = new Map<string, LifeboatError>()

  get warnings(): readonly LifeboatError[] {
    return [...this.#warnings.values()]
  }

  /** The same error of a file that is imported twice counts once. */
  add(error: LifeboatError): void {
    this.#errors.set(formatError(error), error)
  }

  /** What is doubtful and yet no error. */
  warn(warning: LifeboatError): void {
    this.#warnings.set(formatError(warning), warning)
  }

  /** Does a piece of loading; its errors are collected and the piece is left out. Other throws pass through. */
  attempt<T>(work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      this.#collect(error)
      return undefined
    }
  }

  /** As `attempt`, for work that reads files. */
  async attemptLater<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      this.#collect(error)
      return undefined
    }
  }

  /** @throws the collected errors: LifeboatErrors, or LifeboatError where there is only one */
  throwAny(): void {
    const [first, ...others] = inReadingOrder([...this.#errors.values()])
    if (!first) return
    throw others.length === 0 ? first : new LifeboatErrors([first, ...others])
  }

  #collect(error: unknown): void {
    if (error instanceof LifeboatErrors) for (const one of error.errors) this.add(one)
    else if (error instanceof LifeboatError) this.add(error)
    else throw error
  }
}

/** Errors of one file from its top to its bottom; files in the order in which something was found in them. */
const inReadingOrder = (errors: readonly LifeboatError[]): LifeboatError[] => {
  const files = [...new Set(errors.map((error) => error.where?.source.path))]
  const rank = (error: LifeboatError): number => files.indexOf(error.where?.source.path)
  const line = (error: LifeboatError): number => error.where?.line ?? 0
  const column = (error: LifeboatError): number => error.where?.column ?? 0
  return [...errors].sort((a, b) => rank(a) - rank(b) || line(a) - line(b) || column(a) - column(b))
}
