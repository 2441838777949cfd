import { formatDuration } from '../../base/duration.ts'
import { LifeboatError } from '../../base/errors.ts'
import type { RunOptions } from '../connection.ts'

/** Seconds that a stopped script has, after its last process was told to go, to be reported as ended. */
const REPORT_SECONDS = 3

interface Means {
  /** Stops the script's processes on the host; resolves when they are gone. */
  stop(): Promise<void>
  /** Gives the channel up, where the script could not be stopped. */
  abandon(): void
}

/** What a run throws when its signal aborts: the reason where Lifeboat gave one. */
export const interrupted = (host: string, signal: AbortSignal): LifeboatError => {
  if (signal.reason instanceof LifeboatError) return signal.reason
  return new LifeboatError('lifeboat/interrupted', `a script on ${host} was stopped`, { cause: signal.reason })
}

/** Waits for a script, and stops it on the host when its timeout passes or its signal aborts. */
export class Stopwatch {
  readonly #host: string
  readonly #options: Pick<RunOptions, 'signal' | 'timeout'>
  readonly #means: Means
  #stopped: { error: LifeboatError; gone: Promise<void> } | undefined
  #giveUp: (error: Error) => void = () => {}
  #over = false
  #report: NodeJS.Timeout | undefined

  constructor(host: string, options: Pick<RunOptions, 'signal' | 'timeout'>, means: Means) {
    this.#host = host
    this.#options = options
    this.#means = means
  }

  async over<T>(work: Promise<T>): Promise<T> {
    const { signal, timeout } = this.#options
    if (!signal && timeout === undefined) return await work
    const stuck = new Promise<never>((_, reject) => {
      this.#giveUp = reject
    })
    stuck.catch(() => {})
    const onAbort = (): void => void (signal && this.#stop(interrupted(this.#host, signal)))
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted) onAbort()
    const timer =
      timeout === undefined ? undefined : setTimeout(() => this.#stop(this.#timedOut(timeout)), timeout * 1000)
    try {
      const result = await Promise.race([work, stuck])
      if (!this.#stopped) return result
      await this.#stopped.gone
      throw this.#stopped.error
    } finally {
      this.#over = true
      clearTimeout(timer)
      clearTimeout(this.#report)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  #stop(error: LifeboatError): void {
    if (this.#stopped) return
    const gone = this.#means.stop().catch(() => {})
    this.#stopped = { error, gone }
    gone.then(() => {
      if (this.#over) return
      this.#report = setTimeout(() => {
        this.#giveUp(error)
        this.#means.abandon()
      }, REPORT_SECONDS * 1000)
    })
  }

  #timedOut(seconds: number): LifeboatError {
    return new LifeboatError(
      'host/timeout',
      `a script on ${this.#host} did not end within ${formatDuration(seconds)} and was stopped`,
    )
  }
}
