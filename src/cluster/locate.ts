import { LifeboatError } from '../base/errors.ts'
import { didYouMean } from '../base/nearest.ts'
import type { Session } from '../host/connection.ts'
import { type LocateAnswer, parseLocateAnswer } from './locate/answer.ts'
import { assembleClusters } from './locate/assemble.ts'
import { locateScript } from './locate/script.ts'

/** A PostgreSQL cluster on a host: one data directory and what belongs to it. */
export interface Cluster {
  /** `15/main` in Debian's layout, the data directory otherwise. */
  readonly name: string
  /** `15`; empty where an ordinary user may not read it. */
  readonly version: string
  readonly majorVersion: number
  /** Operating system user that owns the data directory and runs the server. */
  readonly owner: string
  readonly dataDirectory: string
  readonly configFile: string
  readonly hbaFile: string
  readonly identFile: string
  readonly port: number
  readonly socketDirectory: string
  /** Folder of `postgres`, `psql`, `pg_ctl`. */
  readonly binDirectory: string
  readonly running: boolean
  readonly layout: 'debian' | 'plain'
  /** Of the postmaster. */
  readonly pid: number | undefined
  readonly logFile: string | undefined
  /** Where `pg_wal` really stands when it is a link (trap R24). */
  readonly walDirectoryLink: string | undefined
  readonly externalPidFile: string | undefined
}

/**
 * Finds the clusters of a host, one round trip. Of a running server the port and socket folder come from its
 * `postmaster.pid`; files that were moved by an included file are known to the server alone, and `describeCluster`
 * asks for them in SQL (trap A13).
 *
 * @param wanted a data directory to look at beside the known places; other texts do not matter here
 */
export const locateClusters = async (session: Session, wanted?: string | number): Promise<Cluster[]> =>
  assembleClusters(await look(session, wanted === undefined ? undefined : String(wanted)))

/**
 * Finds one cluster: the only one on the host, or the one that `wanted` names by Debian's name (`15/main`, `15-main`,
 * `main`), data directory or port. With several and nothing wanted, the one that PGDATA names in the session counts.
 *
 * @throws postgres/no-cluster, postgres/several-clusters, postgres/unknown-cluster
 */
export const locateCluster = async (session: Session, wanted?: string | number): Promise<Cluster> => {
  const name = wanted === undefined || wanted === '' ? undefined : String(wanted)
  const answer = await look(session, name)
  return chooseCluster(assembleClusters(answer), answer.wanted || name, answer.pgdata)
}

const look = async (session: Session, wanted: string | undefined): Promise<LocateAnswer> => {
  const result = await session.run(locateScript(wanted))
  if (result.status === 0) return parseLocateAnswer(result.stdout)
  throw new LifeboatError('postgres/cannot-look', `cannot look for clusters: ${result.stderr.trim()}`)
}

/** The choice of `locateCluster`, among clusters that were found. */
export const chooseCluster = (clusters: readonly Cluster[], wanted: string | undefined, pgdata = ''): Cluster => {
  if (wanted !== undefined) return named(clusters, wanted)
  const [only, another] = clusters
  if (only === undefined) {
    throw new LifeboatError('postgres/no-cluster', 'there is no PostgreSQL cluster on this host', {
      hints: [
        'looked at running servers, /etc/postgresql and the usual data directories; name another one with cluster',
      ],
    })
  }
  if (another === undefined) return only
  const own = pgdata === '' ? undefined : clusters.find((cluster) => samePath(cluster.dataDirectory, pgdata))
  if (own) return own
  throw new LifeboatError('postgres/several-clusters', `there are ${clusters.length} clusters on this host`, {
    hints: [...clusters.map(describe), 'say which one with cluster: its name, data directory or port'],
  })
}

const named = (clusters: readonly Cluster[], wanted: string): Cluster => {
  const rules: ((cluster: Cluster) => boolean)[] = [
    (cluster) => cluster.name === wanted || cluster.name === wanted.replace(/^(\d+)-/, '$1/'),
    (cluster) => samePath(cluster.dataDirectory, wanted),
    (cluster) => String(cluster.port) === wanted,
    (cluster) => cluster.layout === 'debian' && cluster.name.split('/')[1] === wanted,
    (cluster) => cluster.version === wanted,
  ]
  for (const rule of rules) {
    const [found, another] = clusters.filter(rule)
    if (found && another) {
      throw new LifeboatError('postgres/several-clusters', `"${wanted}" names more than one cluster`, {
        hints: clusters.filter(rule).map(describe),
      })
    }
    if (found) return found
  }
  throw new LifeboatError('postgres/unknown-cluster', `there is no cluster "${wanted}" on this host`, {
    hints: [
      ...didYouMean(
        wanted,
        clusters.map((cluster) => cluster.name),
      ),
      clusters.length === 0 ? 'there is no cluster at all' : `clusters here: ${clusters.map(describe).join('; ')}`,
    ],
  })
}

const samePath = (a: string, b: string): boolean => a.replace(/\/+$/, '') === b.replace(/\/+$/, '')

const describe = (cluster: Cluster): string => {
  const place = cluster.name === cluster.dataDirectory ? '' : ` in ${cluster.dataDirectory}`
  return `${cluster.name}${place}, port ${cluster.port}, ${cluster.running ? 'running' : 'stopped'}`
}
