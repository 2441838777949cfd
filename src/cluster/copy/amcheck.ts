import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import type { Cluster } from '../locate.ts'
import { sql } from '../sql.ts'

/** What pg_amcheck found in the tables and indexes of a cluster. */
export interface Amcheck {
  readonly checked: boolean
  /** Databases that were looked into, and those that were not, for they have no extension amcheck. */
  readonly databases: readonly string[]
  readonly skipped: readonly string[]
  /** What is corrupt in the words of pg_amcheck, the first twenty lines. */
  readonly problems: readonly string[]
  /** Why nothing was checked. */
  readonly why: string | null
}

export interface AmcheckOptions {
  /** Whether the extension may be created where it is missing; not possible in recovery. */
  readonly install: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * Checks the structure of all tables and B-trees, and that every row is in its indexes, which is what another collation
 * of the operating system breaks (trap R26).
 *
 * @param session of the cluster's owner
 * @throws postgres/sql, postgres/connect, postgres/starting
 */
export const runAmcheck = async (
  session: Session,
  cluster: Cluster,
  { install, signal }: AmcheckOptions,
): Promise<Amcheck> => {
  const nothing = (why: string, skipped: readonly string[] = []): Amcheck => ({
    checked: false,
    databases: [],
    skipped,
    problems: [],
    why,
  })
  if (!cluster.running) return nothing('the server does not run; pg_amcheck asks it')
  if (cluster.majorVersion < 14) return nothing('pg_amcheck comes with PostgreSQL 14')
  const db = sql(session, cluster, { signal })
  const [recovery, all] = await db.queries<[{ standby: boolean }, { name: string }]>([
    'SELECT pg_is_in_recovery() AS standby',
    'SELECT datname AS name FROM pg_database WHERE datallowconn ORDER BY datname',
  ])
  const mayInstall = install && recovery.rows[0]?.standby === false
  const { status, stdout, stderr } = await session.run(
    sh`LC_ALL=C ${`${cluster.binDirectory}/pg_amcheck`} -w -h ${cluster.socketDirectory} -p ${cluster.port} --all --heapallindexed -j 2 ${mayInstall ? ['--install-missing'] : []}`
      .text,
    { signal },
  )
  const skipped = [...stderr.matchAll(/skipping database "(.*)": amcheck is not installed/g)].map(
    ([, name = '']) => name,
  )
  const databases = all.rows.map(({ name }) => name).filter((name) => !skipped.includes(name))
  if (databases.length === 0) return nothing('no database has the extension amcheck', skipped)
  const lines = [...stdout.split('\n'), ...stderr.split('\n')].filter(
    (line) => line !== '' && !/skipping database/.test(line),
  )
  const problems = status === 0 ? [] : lines.map((line) => line.replace(/^\S*pg_amcheck: error: /, '')).slice(0, 20)
  return { checked: true, databases, skipped, problems, why: null }
}
