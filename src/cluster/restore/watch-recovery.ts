import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { type Lsn, parseLsn } from '../../postgres/lsn.ts'
import type { Cluster } from '../locate.ts'
import { sql } from '../sql.ts'
import { EMPTY_LOG, END_WORDS, type RecoveryLog, readRecoveryLog } from './recovery-log.ts'

/** Where a recovering server stands. */
export interface RecoveryPoint {
  /** `paused`: at the target. `promoted`: it has gone on and ended recovery by itself. */
  readonly state: 'starting' | 'replaying' | 'paused' | 'promoted'
  /** End of the last record that was replayed. */
  readonly lsn: Lsn | undefined
  /** When the last transaction that was replayed had ended, as PostgreSQL writes it, in UTC. */
  readonly time: string | undefined
  readonly log: RecoveryLog
}

export interface WatchOptions {
  /** What the server prints. */
  readonly logFile: string
  readonly onProgress?: ((point: RecoveryPoint) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

// Milliseconds between the first two looks, and between two at most; and looks without a server, or with a refusal, until
// it counts as an answer.
const FIRST = 100
const SLOWEST = 2000
const PATIENCE = 20

const isRefused = (error: unknown): boolean => error instanceof LifeboatError && error.code === 'postgres/connect'

/**
 * Waits until recovery has come to its target, however long that takes: there is no time limit while the server lives.
 *
 * @param session of the cluster's owner
 * @throws restore/recovery-failed when the server has ended
 */
export const watchRecovery = async (
  session: Session,
  cluster: Cluster,
  options: WatchOptions,
): Promise<RecoveryPoint> => {
  let log = EMPTY_LOG
  let offset = 0
  let pause = FIRST
  let wait = 0
  let absent = 0
  let refused = 0
  for (;;) {
    options.signal?.throwIfAborted()
    const look = await lookAtServer(session, cluster, options, offset, wait)
    // Only whole lines are read; the rest comes with the next look.
    const whole = look.text.lastIndexOf('\n') + 1
    const before = log
    log = readRecoveryLog(log, look.text.slice(0, whole))
    offset += Buffer.byteLength(look.text.slice(0, whole))
    // The server writes its pid a moment after it was started.
    absent = look.alive ? 0 : absent + 1
    if (absent > 0 && (log.fatal.length > 0 || absent > PATIENCE)) throw serverEnded(log, look.text)
    const point = await askServer(session, cluster, log, options.signal).catch((error: unknown) => {
      refused = isRefused(error) ? refused + 1 : PATIENCE
      if (refused >= PATIENCE) throw error
    })
    if (point) {
      refused = 0
      options.onProgress?.(point)
      if (point.state === 'paused' || point.state === 'promoted') return point
    }
    // The host waits for the words that end recovery; behind them, and before there is a server, it is waited for here.
    wait = look.alive && log.stopped === undefined ? pause : 0
    if (log.stopped !== before.stopped) pause = FIRST / 2
    if (wait === 0) await new Promise((resolve) => setTimeout(resolve, pause))
    pause = Math.min(SLOWEST, pause * 1.5)
  }
}

/** @param wait milliseconds for which it waits on the host, as long as the server lives and recovery goes on */
const lookAtServer = async (
  session: Session,
  cluster: Cluster,
  { logFile, signal }: WatchOptions,
  offset: number,
  wait: number,
): Promise<{ alive: boolean; text: string }> => {
  const result = await session.run(
    `${sh`cd ${cluster.dataDirectory}`.text} || exit 1
lives() {
  pid=
  { read -r pid < postmaster.pid; } 2>/dev/null
  [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null
}
said() { ${sh`tail -c +${offset + 1} ${logFile} 2>/dev/null`.text}; }
left=${Math.ceil(wait / 50)}
while [ $left -gt 0 ] && lives && ! said | grep -Eq '${END_WORDS}'; do
  left=$((left - 1))
  sleep 0.05 2>/dev/null || { sleep 1; left=$((left - 19)); }
done
if lives; then echo yes; else echo no; fi
said
exit 0
`,
    { signal },
  )
  const text = result.stdoutBytes.toString('utf8')
  return { alive: text.startsWith('yes'), text: text.slice(text.indexOf('\n') + 1) }
}

interface Answer {
  readonly in_recovery: boolean
  readonly paused: boolean | null
  readonly lsn: string | null
  readonly time: string | null
}

const askServer = async (
  session: Session,
  cluster: Cluster,
  log: RecoveryLog,
  signal: AbortSignal | undefined,
): Promise<RecoveryPoint> => {
  const paused = cluster.majorVersion >= 14 ? "pg_get_wal_replay_pause_state() = 'paused'" : 'pg_is_wal_replay_paused()'
  try {
    const { rows } = await sql(session, cluster, { timeout: 30, signal }).query<Answer>(
      `SELECT pg_is_in_recovery() AS in_recovery,
              CASE WHEN pg_is_in_recovery() THEN ${paused} END AS paused,
              pg_last_wal_replay_lsn()::text AS lsn,
              (pg_last_xact_replay_timestamp() AT TIME ZONE 'UTC')::text AS time`,
    )
    const [row] = rows
    if (!row) return { state: 'starting', lsn: undefined, time: undefined, log }
    return {
      state: !row.in_recovery ? 'promoted' : row.paused && log.stopped !== undefined ? 'paused' : 'replaying',
      lsn: row.lsn === null ? undefined : parseLsn(row.lsn),
      time: row.time === null ? undefined : `${row.time}+00`,
      log,
    }
  } catch (error) {
    if (error instanceof LifeboatError && ['postgres/starting', 'postgres/not-running'].includes(error.code)) {
      return { state: 'starting', lsn: undefined, time: undefined, log }
    }
    throw error
  }
}

const serverEnded = (log: RecoveryLog, rest: string): LifeboatError => {
  const [first] = log.fatal
  const tail = rest.trim().split('\n').slice(-8)
  return new LifeboatError(
    'restore/recovery-failed',
    first === undefined ? 'the server ended during recovery' : `the server ended during recovery: ${first}`,
    { hints: log.fatal.length > 1 ? log.fatal.slice(1) : log.fatal.length === 0 ? tail : [] },
  )
}
