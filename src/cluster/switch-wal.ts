import { LifeboatError } from '../base/errors.ts'
import { formatLsn, parseLsn } from '../postgres/lsn.ts'
import { formatSegment, segmentBeforeLsn, segmentOfLsn } from '../postgres/wal-segment.ts'
import type { Sql } from './sql.ts'

export interface WalSwitch {
  /** Something had been written since the segment began; without that PostgreSQL does not switch. */
  readonly switched: boolean
  /** Where the WAL ended: one byte behind the last record of the completed segment. */
  readonly lsn: string
  /** The segment that is complete now: the one that must come to the archive. */
  readonly segment: string
  readonly timeline: number
}

/**
 * Completes the current WAL segment. Its name is computed here: `pg_walfile_name()` gives another one on a boundary
 * before and after PostgreSQL 17 (trap A20).
 *
 * @throws postgres/in-recovery on a standby, which has no WAL of its own to switch
 */
export const switchWal = async (db: Sql): Promise<WalSwitch> => {
  const before = await readPosition(db)
  const { rows } = await db.query<{ lsn: string }>('SELECT pg_switch_wal() AS lsn')
  const lsn = parseLsn(rows[0]?.lsn ?? '')
  const number = segmentBeforeLsn(lsn, before.segmentSize)
  return {
    // Where nothing had been written the answer is the beginning of the current segment.
    switched: number >= segmentOfLsn(before.insert, before.segmentSize),
    lsn: formatLsn(lsn),
    segment: formatSegment({ timeline: before.timeline, number }, before.segmentSize),
    timeline: before.timeline,
  }
}

// The header of a segment's first page: with nothing behind it there is nothing to switch.
const LONG_HEADER = 40n

/** Whether a switch would do anything now; nothing is changed by asking. */
export const wouldSwitch = async (db: Sql): Promise<boolean> => {
  const { insert, segmentSize } = await readPosition(db)
  return insert % BigInt(segmentSize) > LONG_HEADER
}

/**
 * Waits until the archiver has taken a segment: until PostgreSQL no longer has it ready for archiving.
 *
 * @param timeout seconds
 * @throws postgres/not-archiving where archive_mode or the command is off, postgres/archive-timeout with what the
 *   archiver last failed at
 */
export const waitUntilArchived = async (db: Sql, segment: string, timeout: number): Promise<void> => {
  const [mode] = (await db.query<{ mode: string; command: string; library: string | null }>(MODE)).rows
  if (mode?.mode === 'off' || (!mode?.command && !mode?.library)) {
    throw new LifeboatError('postgres/not-archiving', `${segment} will not be archived: archiving is off`, {
      hints: [`archive_mode = ${mode?.mode}, archive_command = '${mode?.command}'`],
    })
  }
  const path = `pg_wal/archive_status/${segment}.ready`
  const [, state] = await db.queries<[unknown, ArchiverState]>([
    waitWhileThere(path, timeout),
    { text: STATE, params: [path] },
  ])
  const [row] = state.rows
  if (row && !row.waiting) return
  throw new LifeboatError('postgres/archive-timeout', `${segment} is not archived after ${timeout} s`, {
    hints: [
      row?.last_failed_wal
        ? `the archiver failed ${row.failed_count} times, last at ${row.last_failed_wal} (${row.last_failed_time})`
        : 'the archiver has reported no failure',
      'what archive_command printed stands in the log of the server',
    ],
  })
}

interface ArchiverState {
  readonly waiting: boolean
  readonly failed_count: number
  readonly last_failed_wal: string | null
  readonly last_failed_time: string | null
}

interface Position {
  readonly recovering: boolean
  readonly insert: bigint
  readonly timeline: number
  readonly segmentSize: number
}

const readPosition = async (db: Sql): Promise<Position> => {
  const { rows } = await db.query<{ recovering: boolean; insert: string | null; timeline: number; size: number }>(
    POSITION,
  )
  const [row] = rows
  if (row === undefined || row.recovering || row.insert === null) {
    throw new LifeboatError('postgres/in-recovery', 'the server is in recovery: it has no WAL of its own to switch', {
      hints: ['switch on the primary'],
    })
  }
  return { recovering: false, insert: parseLsn(row.insert), timeline: row.timeline, segmentSize: row.size }
}

const POSITION = `
SELECT pg_is_in_recovery() AS recovering,
       CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_insert_lsn() END AS insert,
       CASE WHEN NOT pg_is_in_recovery()
         THEN ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END AS timeline,
       (SELECT bytes_per_wal_segment FROM pg_control_init()) AS size`

const MODE = `SELECT current_setting('archive_mode') AS mode, current_setting('archive_command') AS command,
  current_setting('archive_library', true) AS library`

// A row IS NOT NULL only when all its columns are.
const STATE = `SELECT NOT (pg_stat_file($1, true) IS NULL) AS waiting, failed_count, last_failed_wal, last_failed_time
  FROM pg_stat_archiver`

/** Waits on the server: one round trip however long it takes. */
const waitWhileThere = (path: string, timeout: number): string => `
DO $lifeboat$ BEGIN
  FOR i IN 1 .. ${Math.max(1, Math.round(timeout * 20))} LOOP
    EXIT WHEN pg_stat_file('${path}', true) IS NULL;
    PERFORM pg_sleep(0.05);
  END LOOP;
END $lifeboat$`
