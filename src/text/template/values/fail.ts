import { type ErrorCode, LifeboatError } from '../../../base/errors.ts'
import type { Position } from '../../../base/position.ts'

/** An error of a filter, test, operator or function; the evaluator adds the place. */
export const fail = (message: string, hints: readonly string[] = [], code: ErrorCode = 'template/bad-value') =>
  new LifeboatError(code, message, { hints })

/** Runs a piece of evaluation; an error that has no place yet gets this one. */
export const placing = <T>(where: () => Position, run: () => T): T => {
  try {
    return run()
  } catch (error) {
    throw place(error, where)
  }
}

/** The error with a place, if it had none. */
export const place = (error: unknown, where: () => Position): unknown => {
  if (error instanceof RangeError && error.message.startsWith('Maximum call stack')) {
    return new LifeboatError('template/too-deep', 'the template calls itself without end', { where: where() })
  }
  if (!(error instanceof LifeboatError) || error.where !== undefined) return error
  const { code, message, hints, cause, data } = error
  return new LifeboatError(code, message, { where: where(), hints, cause, data })
}
