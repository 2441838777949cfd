import { setTimeout as sleep } from 'node:timers/promises'
import pLimit, { type LimitFunction } from 'p-limit'
import type { SshOptions } from './options.ts'
import { causeOf } from './unreachable.ts'

/** Logins under way to one ssh server: from the tenth on sshd drops them at random (MaxStartups 10:30:100). */
const AT_ONE_SERVER = 8
/** Logins under way at all: each costs the controller some milliseconds of a processor, and all have a deadline. */
const AT_ONCE = 64
/** How often a login that the server dropped is tried, with a growing and random time between (milliseconds). */
const TRIES = 6
const FIRST_PAUSE = 100
const LONGEST_PAUSE = 2000
/** Between the attempts that `ConnectionAttempts` wants, as in OpenSSH. */
const ATTEMPT_PAUSE = 1000

/** What tells one ssh server from another. */
type Knocking = Pick<SshOptions, 'address' | 'port' | 'route' | 'connectionAttempts'>

/**
 * Lets logins in a few at a time, and sends those back once more that a server with too many of them dropped: fewer at
 * a time from then on.
 */
export class Doors {
  readonly #all = pLimit(AT_ONCE)
  readonly #servers = new Map<string, LimitFunction>()

  async pass<T>(options: Knocking, login: () => Promise<T>): Promise<T> {
    const server = this.#serverOf(options)
    let attempts = options.connectionAttempts ?? 1
    for (let dropped = 1; ; ) {
      try {
        return await server(() => this.#all(login))
      } catch (error) {
        const cause = causeOf(error)
        if (cause === 'dropped' && dropped < TRIES) {
          server.concurrency = Math.max(1, Math.floor(server.concurrency / 2))
          await sleep(Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** dropped++) * (0.5 + Math.random() / 2))
        } else if (cause !== undefined && cause !== 'dropped' && cause !== 'penalty' && --attempts > 0) {
          await sleep(ATTEMPT_PAUSE)
        } else {
          throw error
        }
      }
    }
  }

  /** All proxy programs count as one server: nobody knows where they lead through. */
  #serverOf({ route, address, port }: Knocking): LimitFunction {
    const way = route?.kind === 'jump' ? `${route.through.name} ` : ''
    const key = route?.kind === 'command' ? 'proxy' : `${way}${address}:${port}`
    const server = this.#servers.get(key) ?? pLimit(AT_ONE_SERVER)
    this.#servers.set(key, server)
    return server
  }
}
