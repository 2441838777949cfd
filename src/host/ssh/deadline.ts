/** The time that something may take. It stands still while a person is asked. */
export class Deadline {
  readonly seconds: number
  #left: number
  #since = performance.now()
  #timer: NodeJS.Timeout | undefined
  #held = 0
  #onLate: (() => void) | undefined

  constructor(seconds: number) {
    this.seconds = seconds
    this.#left = seconds * 1000
  }

  /** Begins anew, with all of the time. */
  start(): void {
    this.#left = this.seconds * 1000
    this.#since = performance.now()
  }

  /** Calls back once when the time is over; a later call takes the place of an earlier one. */
  onLate(callback: () => void): void {
    this.#onLate = callback
    this.#run()
  }

  /** Lets work go on that does not count. */
  async hold<T>(work: Promise<T>): Promise<T> {
    if (this.#held++ === 0) this.#pause()
    try {
      return await work
    } finally {
      if (--this.#held === 0) {
        this.#since = performance.now()
        this.#run()
      }
    }
  }

  stop(): void {
    this.#onLate = undefined
    clearTimeout(this.#timer)
  }

  #pause(): void {
    clearTimeout(this.#timer)
    this.#left -= performance.now() - this.#since
  }

  #run(): void {
    clearTimeout(this.#timer)
    if (!this.#onLate || this.#held > 0) return
    const left = this.#left - (performance.now() - this.#since)
    this.#timer = setTimeout(() => this.#onLate?.(), Math.max(0, left))
  }
}
