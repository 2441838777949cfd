import type { Session } from '../../host/connection.ts'
import type { Cluster } from '../locate.ts'
import { sql } from '../sql.ts'

export interface BackupProgress {
  /** PostgreSQL's words: `streaming database files`, `waiting for wal archiving to finish`. */
  readonly phase: string
  /** Bytes. */
  readonly done: number
  /** Bytes; null while it is being estimated. */
  readonly total: number | null
  /** Failures of the archiver so far. */
  readonly archiverFailures: number
}

/**
 * How far the backup is that shows itself under this application name.
 *
 * @param session of the cluster's owner
 * @returns undefined before it has begun and after it has ended
 */
export const readProgress = async (
  session: Session,
  cluster: Cluster,
  application: string,
): Promise<BackupProgress | undefined> => {
  const { rows } = await sql(session, cluster, { readOnly: true }).query<BackupProgress>(
    `SELECT p.phase, p.backup_streamed AS done, p.backup_total AS total,
            (SELECT failed_count FROM pg_stat_archiver) AS "archiverFailures"
       FROM pg_stat_progress_basebackup AS p JOIN pg_stat_activity AS a USING (pid)
      WHERE a.application_name = $1`,
    [application],
  )
  const [row] = rows
  if (row === undefined) return undefined
  return {
    phase: row.phase,
    done: Number(row.done),
    total: row.total === null ? null : Number(row.total),
    archiverFailures: Number(row.archiverFailures),
  }
}
