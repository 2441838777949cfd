import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import type { Cluster } from '../locate.ts'
import { parseSpace, SPACE_FUNCTION, type Space } from '../repository/space.ts'
import { sql } from '../sql.ts'

/** What a running server says of itself and its archiving. Times are seconds, by its own clock. */
export interface ServerHealth {
  /** Decimal text of 64 bits. */
  readonly system_identifier: string
  readonly wal_segment_size: number
  readonly in_recovery: boolean
  readonly timeline: number
  readonly archive_mode: string
  readonly archive_command: string
  readonly archive_library: string
  readonly archive_timeout: number
  readonly archive_cleanup_command: string
  readonly recovery_end_command: string
  readonly wal_level: string
  readonly fsync: boolean
  readonly full_page_writes: boolean
  readonly data_directory: string
  /** Settings of archiving that wait for a restart. */
  readonly pending: readonly string[]
  readonly archived_count: number
  readonly last_archived_wal: string | null
  readonly last_archived_age: number | null
  readonly failed_count: number
  readonly last_failed_wal: string | null
  readonly last_failed_age: number | null
  /** The last attempt of the archiver failed. */
  readonly failing: boolean
  readonly ready_files: number
  readonly oldest_ready_age: number | null
  /** Bytes of WAL a second since the statistics were reset; null before PostgreSQL 14. */
  readonly wal_rate: number | null
  readonly pg_wal: Space
  /** Bytes in pg_wal. */
  readonly pg_wal_size: number
}

type Row = Omit<ServerHealth, 'pg_wal' | 'wal_rate'>

/**
 * Asks a running server about its health.
 *
 * @param session of the cluster's owner
 */
export const readServer = async (session: Session, cluster: Cluster): Promise<ServerHealth> => {
  const db = sql(session, cluster, { readOnly: true })
  // Only from 14 on; what is read of it is still there in 18.
  const rate = cluster.majorVersion >= 14 ? WAL_RATE : 'SELECT NULL AS wal_rate'
  const [server, wal] = await db.queries<[Row, { wal_rate: number | null }]>([SERVER, rate])
  const [row] = server.rows
  if (row === undefined) throw new TypeError('the query of a server has one row')
  const space = await session.run(`${SPACE_FUNCTION}${sh`space_of ${`${row.data_directory}/pg_wal/.`}`.text}`)
  const numbers = { archived_count: Number(row.archived_count), failed_count: Number(row.failed_count) }
  const size = { pg_wal: parseSpace(space.stdout), pg_wal_size: Number(row.pg_wal_size) }
  return { ...row, ...numbers, ...size, wal_rate: wal.rows[0]?.wal_rate ?? null }
}

const age = (expression: string): string =>
  `round(extract(epoch FROM clock_timestamp() - ${expression})::numeric, 1)::float8`

const SERVER = `
SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
       (SELECT bytes_per_wal_segment FROM pg_control_init()) AS wal_segment_size,
       pg_is_in_recovery() AS in_recovery,
       CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
       ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END AS timeline,
       current_setting('archive_mode') AS archive_mode,
       current_setting('archive_command') AS archive_command,
       coalesce(current_setting('archive_library', true), '') AS archive_library,
       (SELECT setting::int FROM pg_settings WHERE name = 'archive_timeout') AS archive_timeout,
       coalesce(current_setting('archive_cleanup_command', true), '') AS archive_cleanup_command,
       coalesce(current_setting('recovery_end_command', true), '') AS recovery_end_command,
       current_setting('wal_level') AS wal_level,
       current_setting('fsync')::bool AS fsync,
       current_setting('full_page_writes')::bool AS full_page_writes,
       current_setting('data_directory') AS data_directory,
       (SELECT coalesce(array_agg(name::text ORDER BY name), '{}') FROM pg_settings
         WHERE pending_restart AND name IN ('archive_mode', 'wal_level', 'max_wal_senders')) AS pending,
       archived_count, last_archived_wal, ${age('last_archived_time')} AS last_archived_age,
       failed_count, last_failed_wal, ${age('last_failed_time')} AS last_failed_age,
       coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS failing,
       ready_files::int, ${age('oldest_ready')} AS oldest_ready_age,
       (SELECT coalesce(sum(size), 0)::bigint FROM pg_ls_waldir()) AS pg_wal_size
  FROM pg_stat_archiver,
       (SELECT count(*) AS ready_files, min((pg_stat_file('pg_wal/archive_status/' || file, true)).modification) AS oldest_ready
          FROM pg_ls_dir('pg_wal/archive_status', true, false) AS file WHERE file LIKE '%.ready') AS ready`

const WAL_RATE = `
SELECT (wal_bytes / greatest(extract(epoch FROM clock_timestamp() - stats_reset), 1))::float8 AS wal_rate FROM pg_stat_wal`
