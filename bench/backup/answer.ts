import pg from 'pg'
import { now } from '../measure.ts'

export interface Answers {
  /** When a customer's query was answered for the first time. */
  readonly first: number
  /** When the server was out of recovery, so that a customer can write. */
  readonly writable: number
}

/** Milliseconds between attempts: each costs the host one refused connection. */
const PAUSE = 50

/**
 * Asks as a customer would, over the network and without any privilege, again and again until a server answers that has
 * ended its recovery.
 */
export const waitForAnswers = async (address: string, signal: AbortSignal): Promise<Answers> => {
  let first: number | undefined
  for (;;) {
    signal.throwIfAborted()
    const recovering = await ask(address).catch(() => undefined)
    if (recovering !== undefined) first ??= now()
    if (first !== undefined && recovering === false) return { first, writable: now() }
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}

/** Whether the server is in recovery, from the same query that reads a table. */
const ask = async (address: string): Promise<boolean> => {
  const client = new pg.Client({ host: address, user: 'app', database: 'bench', connectionTimeoutMillis: 2000 })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ recovering: boolean }>(
      'SELECT pg_is_in_recovery() AS recovering FROM pgbench_branches LIMIT 1',
    )
    const [row] = rows
    if (row === undefined) throw new Error('the table is empty')
    return row.recovering
  } finally {
    await client.end().catch(() => {})
  }
}
