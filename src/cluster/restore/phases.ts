/** Measures the steps of a restore on a clock that no change of the time moves. */
export class Phases {
  readonly began = new Date()
  readonly #seconds = new Map<string, number>()

  /** Seconds by step, in the order in which they were taken. */
  get seconds(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#seconds].map(([name, value]) => [name, Math.round(value * 1000) / 1000]))
  }

  /** Runs a step and adds its time. */
  async run<T>(name: string, step: () => Promise<T>): Promise<T> {
    const start = performance.now()
    try {
      return await step()
    } finally {
      this.#seconds.set(name, (this.#seconds.get(name) ?? 0) + (performance.now() - start) / 1000)
    }
  }
}
