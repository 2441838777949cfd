import { LifeboatError } from '../../../base/errors.ts'
import { sh } from '../../../base/quote.ts'
import type { Session } from '../../../host/connection.ts'
import { type Conninfo, parseConninfo, passfileLine } from '../../../postgres/conninfo.ts'
import { type Lsn, parseLsn } from '../../../postgres/lsn.ts'
import type { Cluster } from '../../locate.ts'
import { sql } from '../../sql.ts'

/** How a cluster follows a primary, as its server shows it. */
export interface StandbyLook {
  /** `silent`: a server is there that lets nobody in yet. */
  readonly server: 'running' | 'silent' | 'stopped'
  readonly inRecovery: boolean
  /** Whether standby.signal is there: without it recovery comes to an end. */
  readonly signal: boolean
  readonly systemIdentifier: string
  readonly conninfo: Conninfo
  /** Empty for none. */
  readonly slot: string
  /** Whether the password that is wanted is the one in its password file; true where none is wanted. */
  readonly passwordFits: boolean
  /** End of what was replayed. */
  readonly replayed: Lsn | undefined
  /** The process that receives WAL: `streaming`, `waiting`, …; undefined where there is none. */
  readonly receiver: { readonly status: string; readonly slot: string } | undefined
}

interface Row {
  readonly in_recovery: boolean
  readonly signal: boolean
  readonly system_identifier: string
  readonly conninfo: string
  readonly slot: string
  readonly replayed: string | null
  readonly status: string | null
  readonly receiver_slot: string | null
}

const QUERY = `
SELECT pg_is_in_recovery() AS in_recovery,
       (pg_stat_file('standby.signal', true)).size IS NOT NULL AS signal,
       (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
       current_setting('primary_conninfo') AS conninfo,
       current_setting('primary_slot_name') AS slot,
       pg_last_wal_replay_lsn()::text AS replayed,
       (SELECT status FROM pg_stat_wal_receiver) AS status,
       (SELECT slot_name FROM pg_stat_wal_receiver) AS receiver_slot`

const NOBODY: StandbyLook = {
  server: 'stopped',
  inRecovery: false,
  signal: false,
  systemIdentifier: '',
  conninfo: new Map(),
  slot: '',
  passwordFits: false,
  replayed: undefined,
  receiver: undefined,
}

/**
 * Asks a running cluster how it follows its primary. Changes nothing.
 *
 * @param session of the cluster's owner
 * @param password that the standby should give its primary
 */
export const lookAtStandby = async (
  session: Session,
  cluster: Cluster,
  password: string | undefined,
  signal?: AbortSignal,
): Promise<StandbyLook> => {
  let row: Row | undefined
  try {
    row = (await sql(session, cluster, { timeout: 30, signal }).query<Row>(QUERY)).rows[0]
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error
    if (error.code === 'postgres/not-running') return NOBODY
    if (error.code === 'postgres/starting') return { ...NOBODY, server: 'silent' }
    throw error
  }
  if (row === undefined) return NOBODY
  const conninfo = readable(row.conninfo)
  return {
    server: 'running',
    inRecovery: row.in_recovery,
    signal: row.signal,
    systemIdentifier: row.system_identifier,
    conninfo,
    slot: row.slot,
    passwordFits: password === undefined || (await givesPassword(session, conninfo, password)),
    replayed: row.replayed === null ? undefined : parseLsn(row.replayed),
    receiver: row.status === null ? undefined : { status: row.status, slot: row.receiver_slot ?? '' },
  }
}

/** One that cannot be read, a URI perhaps, is none of ours: it differs from whatever is wanted. */
const readable = (text: string): Conninfo => {
  try {
    return parseConninfo(text)
  } catch {
    return new Map([['?', '']])
  }
}

const givesPassword = async (session: Session, conninfo: Conninfo, password: string): Promise<boolean> => {
  const file = conninfo.get('passfile')
  if (file === undefined) return conninfo.get('password') === password
  // The comparison is made there, so that no output ever holds a password.
  const { status } = await session.run(sh`[ "$(cat ${file} 2>/dev/null)" = ${passfileLine(password).trimEnd()} ]`.text)
  return status === 0
}
