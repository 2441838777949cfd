import type { Purpose } from '../session/channel.ts'

/** OpenSSH allows 10 sessions a connection (MaxSessions): 8 for work, 2 left to stop it. */
const WORK = 8
/** Bulk work never takes the last two, which shells of further users may need. */
const BULK = 6
const STOP = 2

/** Counts the channels of a connection; who finds none free waits for one, shells before bulk. */
export class Slots {
  readonly #used = { shell: 0, bulk: 0, stop: 0 }
  readonly #waiting: { purpose: Purpose; go: () => void }[] = []

  /** Waits for a slot. Returns what gives it back. */
  async take(purpose: Purpose): Promise<() => void> {
    if (!this.#free(purpose)) {
      await new Promise<void>((go) => {
        this.#waiting.push({ purpose, go })
      })
    } else {
      this.#used[purpose]++
    }
    let given = false
    return () => {
      if (given) return
      given = true
      this.#used[purpose]--
      this.#serve()
    }
  }

  #free(purpose: Purpose): boolean {
    const { shell, bulk, stop } = this.#used
    if (purpose === 'stop') return stop < STOP
    if (purpose === 'bulk' && bulk >= BULK) return false
    return shell + bulk < WORK
  }

  #serve(): void {
    for (const purpose of ['stop', 'shell', 'bulk'] as const) {
      for (;;) {
        const index = this.#waiting.findIndex((waiter) => waiter.purpose === purpose)
        if (index === -1 || !this.#free(purpose)) break
        const [waiter] = this.#waiting.splice(index, 1)
        this.#used[purpose]++
        waiter?.go()
      }
    }
  }
}
