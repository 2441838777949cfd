import { catalogue, type ErrorCode } from './catalogue/index.ts'
import { codeFrame } from './code-frame.ts'
import { formatPosition, type Position } from './position.ts'

export type { ErrorCode } from './catalogue/index.ts'

export interface ErrorDetails {
  /** Where in the user's own text the cause stands. */
  readonly where?: Position | undefined
  /** What to do next, a sentence each. */
  readonly hints?: readonly string[] | undefined
  readonly cause?: unknown
  /** Machine-readable facts of the error, for JSON output and for callers that decide on them. */
  readonly data?: Readonly<Record<string, unknown>> | undefined
}

/**
 * The one error of Lifeboat. `code` is stable and stands in the catalogue; `message` is lower case, without a full
 * stop. Thrown for what stops a run, or inside a module for what fails its task (the engine makes a result of it).
 */
export class LifeboatError extends Error {
  readonly code: ErrorCode
  readonly where: Position | undefined
  readonly hints: readonly string[]
  readonly data: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'LifeboatError'
    this.code = code
    this.where = details.where
    this.hints = details.hints ?? []
    this.data = details.data ?? {}
  }

  /** The status with which a command that dies of this error exits. */
  get exitStatus(): number {
    return catalogue[this.code].exit
  }
}

/** Several errors found in one pass (a whole playbook is checked before anything is said). */
export class LifeboatErrors extends Error {
  readonly errors: readonly LifeboatError[]

  constructor(errors: readonly LifeboatError[]) {
    super(errors.map((error) => error.message).join('\n'))
    this.name = 'LifeboatErrors'
    this.errors = errors
  }
}

/** One line for what is doubtful and yet no error: the message and its place. */
export const formatWarning = (warning: LifeboatError): string =>
  warning.where ? `${warning.message} (${formatPosition(warning.where)})` : warning.message

/**
 * Writes an error as a person reads it: `error[code]: message`, the place, the line with a caret, the hints.
 * Plain text; a reporter may colour the first line.
 */
export const formatError = (error: LifeboatError): string => {
  const lines = [`error[${error.code}]: ${error.message}`]
  if (error.where) {
    lines.push(`  --> ${formatPosition(error.where)}`)
    const frame = codeFrame(error.where)
    if (frame) lines.push(frame)
  }
  for (const hint of error.hints) lines.push(`  hint: ${hint}`)
  return lines.join('\n')
}
