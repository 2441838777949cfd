import type { Client } from 'ssh2'
import type { SshOptions } from './options.ts'

/** A connection to a jump host that somebody uses. */
export interface Jump {
  readonly client: Client
  /** Says that it is used no more. */
  release(): void
}

interface Shared {
  readonly client: Promise<Client>
  users: number
}

/** Connections to jump hosts: one for all hosts behind, opened for the first and closed after the last. */
export class Jumps {
  readonly #connect: (options: SshOptions) => Promise<Client>
  readonly #open = new Map<string, Shared>()

  constructor(connect: (options: SshOptions) => Promise<Client>) {
    this.#connect = connect
  }

  async take(options: SshOptions): Promise<Jump> {
    const key = JSON.stringify(options)
    let shared = this.#open.get(key)
    if (!shared) {
      shared = { client: this.#connect(options), users: 0 }
      this.#open.set(key, shared)
      const opened = shared
      const forget = (): void => {
        if (this.#open.get(key) === opened) this.#open.delete(key)
      }
      shared.client.then((client) => {
        client.setMaxListeners(0)
        client.on('error', () => {})
        client.on('close', forget)
      }, forget)
    }
    const used = shared
    used.users++
    let released = false
    const release = (): void => {
      if (released) return
      released = true
      if (--used.users > 0) return
      if (this.#open.get(key) === used) this.#open.delete(key)
      used.client.then(
        (client) => client.end(),
        () => {},
      )
    }
    try {
      return { client: await used.client, release }
    } catch (error) {
      release()
      throw error
    }
  }
}
