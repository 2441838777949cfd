import type { Session } from '../../host/connection.ts'
import { readArchiver } from '../archive/archiver.ts'
import type { Cluster } from '../locate.ts'
import { openAccess, type RepositoryAccess } from '../repository/access.ts'
import { checkIdentity } from '../repository/identity.ts'
import type { RepositoryLayout } from '../repository/layout.ts'
import { type Repository, readRepository, requireIdentity } from '../repository/read.ts'
import { type BackupType, type ChosenParent, chooseParent } from './choose-parent.ts'
import type { AskedCompression } from './compression.ts'
import { type BackupMethod, chooseDataPath, type DataPath } from './data-path.ts'
import { backupsOf, type Decision, decideBackup } from './decide.ts'
import { readServerFacts, type ServerFacts } from './facts.ts'
import { type HostFacts, readHostFacts } from './host-facts.ts'
import { checkPreflight } from './preflight.ts'
import { readSummaries } from './summaries.ts'

/** A backup as it shall be. */
export interface BackupWish {
  readonly layout: RepositoryLayout
  /** Seconds; a younger whole backup is enough. */
  readonly maxAge: number
  readonly compression: AskedCompression
  readonly walMethod: 'none' | 'fetch' | 'stream'
  readonly method: BackupMethod | 'auto'
  readonly jobs: number | undefined
  readonly type: BackupType
  readonly fromStandby: boolean
  /** Seconds, and increments on one full backup: when type auto takes a full one again. */
  readonly fullMaxAge: number
  readonly maxIncrements: number
  /** Bytes a second; undefined for no limit. */
  readonly maxRate: number | undefined
}

/** What was found, and whether a backup is due. */
export interface BackupState {
  readonly cluster: Cluster
  readonly repository: Repository
  readonly server: ServerFacts
  readonly decision: Decision
  /** Only where one is due: everything that it needs was checked. */
  readonly ready:
    | {
        readonly access: RepositoryAccess
        readonly host: HostFacts
        readonly path: DataPath
        readonly increment: ChosenParent
        /** Names that backups have already. */
        readonly taken: ReadonlySet<string>
        readonly warnings: readonly string[]
      }
    | undefined
}

/**
 * Looks at the repository and the cluster, and decides whether a backup is due; then checks all that would make it fail.
 *
 * @param session of the cluster's owner
 * @throws archive/no-identity, archive/identity-mismatch, and what `checkPreflight` and `chooseDataPath` throw
 */
export const inspectBackup = async (session: Session, cluster: Cluster, wish: BackupWish): Promise<BackupState> => {
  const { layout } = wish
  const repository = await readRepository(session, layout)
  const server = await readServerFacts(session, cluster)
  checkIdentity(layout, requireIdentity(repository), server)
  const backups = backupsOf(repository, server)
  const counted = wish.type === 'full' ? backups.filter(({ type }) => type === 'full') : backups
  const decision = decideBackup(repository, counted, wish.maxAge)
  if (!decision.due) return { cluster, repository, server, decision, ready: undefined }
  const access = await openAccess(session, layout)
  const host = await readHostFacts(session, cluster, access)
  const archiver = await readArchiver(session, cluster)
  const { walMethod } = wish
  const increment = chooseParent({
    ...wish,
    repository,
    backups,
    majorVersion: server.major_version,
    timeline: server.timeline,
    summaries: await readSummaries(session, cluster),
  })
  const path = chooseDataPath(wish.compression, {
    majorVersion: server.major_version,
    serverMethods: server.methods,
    programs: host.programs,
    cores: host.cores,
    tablespaces: server.tablespaces.length,
    walMethod,
    method: wish.method,
    jobs: wish.jobs,
    pageChecksums: server.data_checksums,
    notParallel: whyNotParallel(wish, host, increment),
    far: access.path('') === undefined,
    // The lock needs one too.
    streams: access.channels - 1,
  })
  const warnings = checkPreflight({
    cluster,
    repository,
    server,
    host,
    archiver,
    path,
    walMethod,
    increment,
    asked: wish.method,
    fromStandby: wish.fromStandby,
  })
  const taken = new Set([...repository.backups, ...repository.damaged].map(({ id }) => id))
  return { cluster, repository, server, decision, ready: { access, host, path, increment, taken, warnings } }
}

/** What only pg_basebackup can do, or only it can do here. */
const whyNotParallel = (wish: BackupWish, host: HostFacts, { parent }: ChosenParent): string | undefined => {
  if (parent !== undefined) return 'only pg_basebackup takes increments'
  if (wish.walMethod !== 'none') return 'only pg_basebackup takes the WAL into the backup'
  if (wish.maxRate !== undefined) return 'only pg_basebackup keeps to a rate'
  if (!host.gnuTar) return 'the host has no GNU tar'
  if (host.oddNames > 0) return `${host.oddNames} names in the data directory cannot stand in a list of names`
  return undefined
}
