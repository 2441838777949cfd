import type { Become, Connection, Session } from '../connection.ts'
import type { Transport } from './channel.ts'
import { Lease } from './lease.ts'
import { createSession, type KeptSession } from './session.ts'

export interface Carrier {
  /** `address:port` or `local`. */
  readonly address: string
  readonly transport: Transport
  /** Seconds between signs of life for scripts that take longer; none where the host sees that the controller is gone. */
  readonly signOfLife?: number | undefined
  close(): Promise<void>
}

/** A connection over any transport: one session for each user, started at the first use, kept for the run. */
export const connectionOver = (carrier: Carrier): Connection => {
  const { transport } = carrier
  const sessions = new Map<string, Promise<KeptSession>>()
  const lease = carrier.signOfLife ? new Lease(transport, carrier.signOfLife) : undefined

  const open = async (become: Become | undefined): Promise<KeptSession> => {
    const session = createSession(transport, become, lease)
    await session.open()
    return session
  }

  return {
    name: transport.name,
    address: carrier.address,
    async session(become?: Become): Promise<Session> {
      const other = become && become.user !== transport.user ? become : undefined
      const key = other ? JSON.stringify([other.user, other.method, other.executable, other.flags]) : ''
      const kept = sessions.get(key)
      if (kept) return await kept
      const opening = open(other)
      sessions.set(key, opening)
      // What failed is tried again at the next use: a password may have come, the host may be up.
      opening.catch(() => sessions.delete(key))
      return await opening
    },
    rest: () => lease?.rest(),
    wake: () => lease?.wake(),
    async close() {
      const opened = [...sessions.values()]
      sessions.clear()
      await Promise.allSettled(opened.map(async (session) => (await session).close()))
      lease?.close()
      await carrier.close()
    },
  }
}
