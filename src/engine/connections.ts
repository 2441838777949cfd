import type { PlainValue } from '../base/value.ts'
import type { Become, Connection, Session } from '../host/connection.ts'

/** Opens the connection of a host from its evaluated variables. */
export type OpenConnection = (host: string, variables: Readonly<Record<string, PlainValue>>) => Connection

/** The connections of a run: one a host, opened at first use, kept to the end. */
export class ConnectionPool {
  readonly #open: OpenConnection
  readonly #connections = new Map<string, Connection>()

  constructor(open: OpenConnection) {
    this.#open = open
  }

  /** The session of a host as its login user or another; the variables count at the first call only. */
  session(host: string, variables: Readonly<Record<string, PlainValue>>, become: Become | undefined): Promise<Session> {
    const key = `${host}\0${variables.ansible_connection ?? ''}\0${variables.ansible_user ?? ''}`
    let connection = this.#connections.get(key)
    if (!connection) {
      connection = this.#open(host, variables)
      this.#connections.set(key, connection)
    }
    return connection.session(become)
  }

  /** Closes the connections of one host (`meta: reset_connection`). */
  async reset(host: string): Promise<void> {
    for (const [key, connection] of this.#connections) {
      if (!key.startsWith(`${host}\0`)) continue
      this.#connections.delete(key)
      await connection.close()
    }
  }

  /** Tells all hosts that the controller will be silent for a while (Ctrl-Z). */
  rest(): void {
    for (const connection of this.#connections.values()) connection.rest()
  }

  /** Tells them that it is back. */
  wake(): void {
    for (const connection of this.#connections.values()) connection.wake()
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#connections.values()].map((connection) => connection.close()))
    this.#connections.clear()
  }
}
