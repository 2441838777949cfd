import type { Session } from '../../host/connection.ts'
import { parseLsn } from '../../postgres/lsn.ts'
import { formatSegment, segmentOfLsn } from '../../postgres/wal-segment.ts'
import type { Cluster } from '../locate.ts'
import { sql } from '../sql.ts'

/** What the running server says of its archiving. */
export interface ArchiverStatistics {
  /** Decimal text of 64 bits. */
  readonly system_identifier: string
  readonly wal_segment_size: number
  readonly in_recovery: boolean
  /** Values in effect. */
  readonly archive_mode: string
  readonly archive_command: string
  /** Empty before PostgreSQL 15. */
  readonly archive_library: string
  readonly wal_level: string
  /** Seconds. */
  readonly archive_timeout: number
  readonly archive_cleanup_command: string
  readonly recovery_end_command: string
  readonly archived_count: number
  readonly last_archived_wal: string | null
  readonly last_archived_time: string | null
  readonly failed_count: number
  readonly last_failed_wal: string | null
  readonly last_failed_time: string | null
  /** Files that wait to be archived. */
  readonly ready: number
  /** Where the next record goes, and the timeline in hexadecimal; null in recovery. */
  readonly insert_lsn: string | null
  readonly timeline: string | null
  /** Settings that wait for a restart. */
  readonly pending: readonly string[]
}

/**
 * Asks a running server about its archiving, one round trip.
 *
 * @param session of the cluster's owner
 */
export const readArchiver = async (session: Session, cluster: Cluster): Promise<ArchiverStatistics> => {
  const { rows } = await sql(session, cluster, { readOnly: true }).query<ArchiverStatistics>(QUERY)
  const [row] = rows
  if (row === undefined) throw new TypeError('the query of the archiver has one row')
  return {
    ...row,
    archived_count: Number(row.archived_count),
    failed_count: Number(row.failed_count),
    ready: Number(row.ready),
  }
}

/** The segment that is being written; undefined in recovery. From an LSN alone, as pg_walfile_name differs (A20). */
export const currentSegment = ({ insert_lsn, timeline, wal_segment_size }: ArchiverStatistics): string | undefined =>
  insert_lsn === null || timeline === null
    ? undefined
    : formatSegment(
        { timeline: Number.parseInt(timeline, 16), number: segmentOfLsn(parseLsn(insert_lsn), wal_segment_size) },
        wal_segment_size,
      )

// The status folder is not there before the first segment was finished with archive_mode on.
const QUERY = `
SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
       (SELECT setting::bigint * CASE unit WHEN '8kB' THEN 8192 ELSE 1 END
          FROM pg_settings WHERE name = 'wal_segment_size') AS wal_segment_size,
       pg_is_in_recovery() AS in_recovery,
       current_setting('archive_mode') AS archive_mode,
       current_setting('archive_command') AS archive_command,
       coalesce(current_setting('archive_library', true), '') AS archive_library,
       current_setting('wal_level') AS wal_level,
       (SELECT setting::int FROM pg_settings WHERE name = 'archive_timeout') AS archive_timeout,
       coalesce(current_setting('archive_cleanup_command', true), '') AS archive_cleanup_command,
       coalesce(current_setting('recovery_end_command', true), '') AS recovery_end_command,
       archived_count, last_archived_wal, last_archived_time, failed_count, last_failed_wal, last_failed_time,
       (SELECT count(*) FROM pg_ls_dir('pg_wal/archive_status', true, false) AS f WHERE f LIKE '%.ready') AS ready,
       CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_insert_lsn()::text END AS insert_lsn,
       CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END AS timeline,
       (SELECT coalesce(array_agg(name ORDER BY name), '{}') FROM pg_settings WHERE pending_restart) AS pending
  FROM pg_stat_archiver`
