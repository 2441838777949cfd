import { LifeboatError } from '../base/errors.ts'
import { sh } from '../base/quote.ts'
import type { Session } from '../host/connection.ts'
import { parseControlData } from '../postgres/control-data.ts'
import { ARCHIVER, type ArchiverRow, SERVER, type ServerRow, TABLESPACES, type TablespaceRow } from './info/queries.ts'
import type { Cluster } from './locate.ts'
import { type Sql, sql } from './sql.ts'
import { isStranded, STRANDED, STRANDED_HINTS } from './stranded.ts'

/** What `postgresql_info` tells of a cluster; names as a playbook uses them. */
export type ClusterInfo = Readonly<Record<string, unknown>>

/**
 * Everything that is worth knowing of a cluster: one round trip. A running one is asked in SQL, one that is stopped is
 * read from its pg_control.
 */
export const describeCluster = async (session: Session, cluster: Cluster, db?: Sql): Promise<ClusterInfo> =>
  cluster.running
    ? { ...located(cluster), ...(await askServer(db ?? sql(session, cluster))) }
    : { ...located(cluster), ...(await readControl(session, cluster)) }

/** What is known of a cluster without asking it. */
export const located = (cluster: Cluster): ClusterInfo => ({
  name: cluster.name,
  version: cluster.version,
  major_version: cluster.majorVersion,
  layout: cluster.layout,
  owner: cluster.owner,
  running: cluster.running,
  pid: cluster.pid ?? null,
  port: cluster.port,
  socket_directory: cluster.socketDirectory,
  data_directory: cluster.dataDirectory,
  config_file: cluster.configFile,
  hba_file: cluster.hbaFile,
  ident_file: cluster.identFile,
  bin_directory: cluster.binDirectory,
  wal_directory: cluster.walDirectoryLink ?? `${cluster.dataDirectory}/pg_wal`,
  log_file: cluster.logFile ?? null,
})

const askServer = async (db: Sql): Promise<ClusterInfo> => {
  const [server, archiver, tablespaces] = await db.queries<[ServerRow, ArchiverRow, TablespaceRow]>([
    SERVER,
    ARCHIVER,
    TABLESPACES,
  ])
  const [about] = server.rows
  const [archiving] = archiver.rows
  if (about === undefined || archiving === undefined) throw new LifeboatError('lifeboat/bug', 'the server said nothing')
  return {
    ...about,
    system_identifier: String(about.system_identifier),
    pending_restart: about.pending_restart ?? [],
    archiver: archiving,
    tablespaces: tablespaces.rows,
  }
}

const readControl = async (session: Session, cluster: Cluster): Promise<ClusterInfo> => {
  const program = `${cluster.binDirectory}/pg_controldata`
  const result = await session.run(`if ${isStranded(cluster.dataDirectory)}; then echo stranded; else echo; fi
${sh`TZ=UTC LC_ALL=C ${program} ${cluster.dataDirectory}`.text}`)
  if (result.status !== 0) {
    throw new LifeboatError(
      'postgres/bad-control-data',
      `cannot read pg_control of ${cluster.name}: ${result.stderr.trim()}`,
    )
  }
  const stranded = result.stdout.startsWith('stranded\n')
  const control = parseControlData(result.stdout.slice(result.stdout.indexOf('\n') + 1))
  return {
    state: control.state,
    system_identifier: control.systemIdentifier,
    timeline: control.timeline,
    segment_size: control.segmentSize,
    data_checksums: control.checksums,
    wal_level: control.walLevel,
    in_recovery: control.state === 'in archive recovery' || control.state === 'shut down in recovery',
    ...(stranded ? { problem: `it ${STRANDED}`, hints: [...STRANDED_HINTS] } : {}),
  }
}
