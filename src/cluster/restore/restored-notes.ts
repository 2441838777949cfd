import type { Cluster } from '../locate.ts'
import { sql } from '../sql.ts'
import type { RestoreWorld } from './restore-world.ts'

/**
 * What an operator should know of a cluster that was just promoted and that nothing complains about: prepared
 * transactions that still hold their locks (trap R36), and databases whose collation has another version on this host,
 * so that indexes on text may be in the wrong order (trap R26; versions are recorded from 15 on).
 */
export const restoredNotes = async (world: RestoreWorld, cluster: Cluster): Promise<readonly string[]> => {
  const db = sql(world.owner, cluster, { signal: world.signal })
  const [prepared, collations] = await db.queries<[Prepared, Collation]>([
    'SELECT gid, database, prepared::text FROM pg_prepared_xacts ORDER BY prepared',
    cluster.majorVersion < 15 ? NO_COLLATIONS : COLLATIONS,
  ])
  return [
    ...prepared.rows.map(
      ({ gid, database, prepared: at }) =>
        `the prepared transaction "${gid}" in ${database}, of ${at}, still holds its locks: COMMIT PREPARED or ROLLBACK PREPARED`,
    ),
    ...collations.rows.map(
      ({ name, recorded, actual }) =>
        `the collation of database ${name} has version ${actual} here, ${recorded} where it was written: REINDEX DATABASE, then ALTER DATABASE ${name} REFRESH COLLATION VERSION`,
    ),
  ]
}

interface Prepared {
  readonly gid: string
  readonly database: string
  readonly prepared: string
}

interface Collation {
  readonly name: string
  readonly recorded: string
  readonly actual: string
}

const COLLATIONS = `SELECT datname AS name, datcollversion AS recorded, pg_database_collation_actual_version(oid) AS actual
  FROM pg_database WHERE datcollversion <> pg_database_collation_actual_version(oid) ORDER BY 1`
const NO_COLLATIONS = 'SELECT NULL AS name, NULL AS recorded, NULL AS actual WHERE false'
