import { setTimeout as sleep } from 'node:timers/promises'
import { LifeboatError } from '../../base/errors.ts'
import { type Job, type JobPlace, readJob } from './job.ts'

/** Seconds before the first look; the pauses grow from there up to those that were asked for. */
const FIRST_PAUSE = 0.2

/** Seconds that a job may take to be stopped, and its status to be written, once its time is over. */
const GRACE = 30

export interface Waiting {
  /** Seconds between two looks. */
  readonly poll: number
  /** Seconds that the job may take: so long a connection may be away, too. */
  readonly seconds: number
  readonly signal: AbortSignal
  /** Called after a look at a job that still runs, with the seconds that were waited so far. */
  readonly onRunning?: ((seconds: number) => void) | undefined
  /** Called when the host cannot be reached; the next look makes a new connection. */
  readonly onAway?: ((error: LifeboatError) => void) | undefined
}

/** Whether an error only says that the host is out of reach for now. */
export const isAway = (error: unknown): error is LifeboatError =>
  error instanceof LifeboatError && (error.code === 'host/lost' || error.code === 'host/unreachable')

/**
 * Waits until a job is over, looking at it from time to time. The connection may come and go meanwhile.
 *
 * @throws host/no-job, host/job; host/lost and host/unreachable when the host stays away; the signal's abort
 */
export const waitForJob = async (place: JobPlace, waiting: Waiting): Promise<Exclude<Job, { state: 'running' }>> => {
  const began = performance.now()
  const waited = (): number => (performance.now() - began) / 1000
  let pause = FIRST_PAUSE
  let away = false
  for (;;) {
    await sleep(Math.min(pause, waiting.poll) * 1000, undefined, { signal: waiting.signal })
    pause *= 2
    const over = waited() > waiting.seconds + GRACE
    try {
      const job = await readJob(place, { signal: waiting.signal })
      if (job.state !== 'running') return job
      if (over) throw new LifeboatError('host/job', `job ${place.id} runs on although its time is over`)
      away = false
      waiting.onRunning?.(waited())
    } catch (error) {
      if (!isAway(error) || over) throw error
      if (!away) waiting.onAway?.(error)
      away = true
    }
  }
}
