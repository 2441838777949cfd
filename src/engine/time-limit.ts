import { formatDuration } from '../base/duration.ts'
import { LifeboatError } from '../base/errors.ts'

/** A signal that aborts when the run is interrupted or the time of a task is over. */
export interface TimeLimit {
  readonly signal: AbortSignal
  /** Ends the count: the task has ended. */
  end(): void
}

/**
 * The limit of a task's `timeout`.
 *
 * @param seconds 0 for none
 */
export const timeLimit = (interrupt: AbortSignal, seconds: number): TimeLimit => {
  if (seconds === 0) return { signal: interrupt, end: () => {} }
  const controller = new AbortController()
  const timer = setTimeout(() => {
    controller.abort(
      new LifeboatError('engine/timeout', `the task did not end within ${formatDuration(seconds)} and was stopped`, {
        hints: ['it may have happened in part'],
        data: { timedout: { period: seconds } },
      }),
    )
  }, seconds * 1000)
  return { signal: AbortSignal.any([interrupt, controller.signal]), end: () => clearTimeout(timer) }
}
