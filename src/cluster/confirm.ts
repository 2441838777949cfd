import type { Cluster } from './locate.ts'
import type { Sql } from './sql.ts'

/**
 * Asks a running server where its files are. What was found by looking can be wrong: each of these may be set on the
 * command line or in an included file (trap A13). A cluster that is not running is given back as it is.
 *
 * @throws postgres/sql, postgres/connect
 */
export const confirmCluster = async (db: Sql, cluster: Cluster): Promise<Cluster> => {
  if (!cluster.running) return cluster
  const { rows } = await db.query<Confirmed>(QUERY)
  const [row] = rows
  return row === undefined ? cluster : { ...cluster, ...row, externalPidFile: row.externalPidFile ?? undefined }
}

type Confirmed = Pick<Cluster, 'configFile' | 'hbaFile' | 'identFile' | 'dataDirectory' | 'port'> & {
  readonly externalPidFile: string | null
}

const QUERY = `
SELECT current_setting('config_file') AS "configFile", current_setting('hba_file') AS "hbaFile",
       current_setting('ident_file') AS "identFile", current_setting('data_directory') AS "dataDirectory",
       current_setting('port')::int AS port, nullif(current_setting('external_pid_file'), '') AS "externalPidFile"`
