import type { Session } from '../../host/connection.ts'
import { type Lsn, parseLsn } from '../../postgres/lsn.ts'
import { featuresOf } from '../../postgres/version.ts'
import type { Cluster } from '../locate.ts'
import { sql } from '../sql.ts'

/** The WAL summaries of a server (PostgreSQL 17): which blocks have changed between two positions. */
export interface WalSummaries {
  /** summarize_wal. */
  readonly enabled: boolean
  /** Up to where the summarizer has come; undefined where none runs. */
  readonly position: Lsn | undefined
  readonly ranges: readonly { readonly timeline: number; readonly from: Lsn; readonly to: Lsn }[]
}

/**
 * Asks a server for its WAL summaries; one that is too old for them has none.
 *
 * @param session of the cluster's owner
 */
export const readSummaries = async (session: Session, cluster: Cluster): Promise<WalSummaries> => {
  if (!featuresOf(cluster.majorVersion).incremental) return { enabled: false, position: undefined, ranges: [] }
  const [setting, ranges] = await sql(session, cluster, { readOnly: true }).queries<
    [{ enabled: boolean; position: string | null }, { tli: number; start_lsn: string; end_lsn: string }]
  >([
    `SELECT current_setting('summarize_wal')::boolean AS enabled, nullif(summarized_lsn, '0/0') AS position
       FROM pg_get_wal_summarizer_state()`,
    'SELECT tli::integer AS tli, start_lsn, end_lsn FROM pg_available_wal_summaries() ORDER BY start_lsn',
  ])
  const [state] = setting.rows
  return {
    enabled: state?.enabled ?? false,
    position: state?.position ? parseLsn(state.position) : undefined,
    ranges: ranges.rows.map((row) => ({
      timeline: Number(row.tli),
      from: parseLsn(row.start_lsn),
      to: parseLsn(row.end_lsn),
    })),
  }
}
