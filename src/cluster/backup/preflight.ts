import { LifeboatError } from '../../base/errors.ts'
import { formatSize } from '../../base/size.ts'
import { majorOfVersionText } from '../../postgres/version.ts'
import type { ArchiverStatistics } from '../archive/archiver.ts'
import { archivesInto } from '../archive/command.ts'
import type { Cluster } from '../locate.ts'
import { checkIdentity } from '../repository/identity.ts'
import { type Repository, requireIdentity } from '../repository/read.ts'
import type { ChosenParent } from './choose-parent.ts'
import type { BackupMethod, DataPath } from './data-path.ts'
import type { ServerFacts } from './facts.ts'
import type { HostFacts } from './host-facts.ts'
import { SCRATCH_RESERVE } from './scratch.ts'

export interface Preflight {
  readonly cluster: Cluster
  readonly repository: Repository
  readonly server: ServerFacts
  readonly host: HostFacts
  readonly archiver: ArchiverStatistics
  readonly path: DataPath
  readonly walMethod: 'none' | 'fetch' | 'stream'
  readonly increment: ChosenParent
  /** The method that the task asks for. */
  readonly asked: BackupMethod | 'auto'
  /** A cluster in recovery will do. */
  readonly fromStandby: boolean
}

/** The oldest major version of which backups are taken: older ones write no manifest. */
const OLDEST = 13

/**
 * Checks everything that would make a backup fail, or be worth nothing, before it begins.
 *
 * @returns warnings for the user
 * @throws the first thing that is wrong
 */
export const checkPreflight = (facts: Preflight): readonly string[] => {
  checkServer(facts)
  checkIdentity(facts.repository.layout, requireIdentity(facts.repository), facts.server)
  checkArchiving(facts)
  if (facts.path.kind !== 'parallel') {
    checkReplication(facts)
    checkPrograms(facts)
  }
  checkSpace(facts)
  return warningsOf(facts)
}

const warningsOf = ({ host, cluster, path, server, asked }: Preflight): string[] => [
  ...(host.leftOut.length === 0
    ? []
    : [`in ${cluster.dataDirectory} there is what no base backup holds: ${host.leftOut.join(', ')}`]),
  ...(path.kind === 'parallel' && server.data_checksums && asked === 'auto'
    ? ['page checksums are not verified on this way; method: pg_basebackup does it, and needs room on this host']
    : []),
]

const checkServer = ({ server, fromStandby }: Preflight): void => {
  if (server.major_version < OLDEST) {
    throw new LifeboatError(
      'backup/unsupported',
      `backups are taken from PostgreSQL ${OLDEST} on, this is ${server.version}`,
    )
  }
  if (server.in_recovery && !fromStandby) {
    throw new LifeboatError('backup/unsupported', 'this cluster is a standby', {
      hints: ["run it on the primary, or say from_standby: true, with name: the primary's in the repository"],
    })
  }
}

const checkArchiving = ({ archiver, repository, server }: Preflight): void => {
  // Its WAL is archived by the primary; whether it comes is proven at the end.
  if (server.in_recovery) return
  const { place } = repository.layout
  if (archiver.archive_mode === 'off' || archiver.archive_library !== '' || archiver.archive_command === '') {
    const why = archiver.archive_mode === 'off' ? 'archive_mode is off' : 'archive_command is not in use'
    throw new LifeboatError('backup/not-archiving', `the cluster does not archive its WAL: ${why}`, {
      hints: [
        'without the WAL that is written while it is taken a backup cannot be restored',
        archiver.pending.length > 0
          ? `settings wait for a restart: ${archiver.pending.join(', ')}`
          : 'set archiving up first (postgresql_archive, playbook archive.yml)',
      ],
    })
  }
  if (!archivesInto(archiver.archive_command, place)) {
    throw new LifeboatError('backup/not-archiving', `the cluster archives its WAL, but not into ${place}`, {
      hints: [`archive_command is ${archiver.archive_command}`],
    })
  }
  const { last_failed_time: failed, last_archived_time: archived } = archiver
  if (failed !== null && (archived === null || Date.parse(failed) > Date.parse(archived))) {
    throw new LifeboatError(
      'archive/failing',
      `the archiver fails since ${failed}: ${archiver.last_failed_wal} was refused`,
      {
        hints: [`${archiver.ready} segments wait`, "archive_command's own words are in the server's log"],
      },
    )
  }
}

const checkReplication = ({ server, host, cluster, walMethod }: Preflight): void => {
  const needed = walMethod === 'stream' ? 2 : 1
  const free = server.max_wal_senders - server.wal_senders
  if (free < needed) {
    throw new LifeboatError(
      'backup/no-wal-sender',
      `${needed} walsender${needed > 1 ? 's are' : ' is'} needed and ${free} of max_wal_senders = ${server.max_wal_senders} are free`,
      { hints: ['raise max_wal_senders (postgresql_set; it needs a restart)'] },
    )
  }
  if (host.replication) return
  throw new LifeboatError(
    'backup/replication-refused',
    `the server refuses a replication connection: ${host.replicationMessage}`,
    {
      hints: [`${cluster.hbaFile} needs a line such as: local replication ${cluster.owner} peer`],
    },
  )
}

const checkPrograms = ({ server, host, cluster }: Preflight): void => {
  if (host.programVersion !== '' && majorOfVersionText(host.programVersion) === server.major_version) return
  const found = host.programVersion === '' ? 'is missing' : `is ${host.programVersion}`
  throw new LifeboatError(
    'backup/no-program',
    `${cluster.binDirectory}/pg_basebackup ${found}, and the server is ${server.version}`,
    { hints: [`install the client programs of PostgreSQL ${server.major_version}`] },
  )
}

/** Estimates by the last backup's ratio; a first one counts as a third when it is compressed. */
const checkSpace = (facts: Preflight): void => {
  const { server, host, path, repository, increment } = facts
  // The scratch folder is on the database's own disks then.
  const far = repository.layout.location.kind === 'ssh'
  const scratch = far && (path.spooled || path.kind === 'parallel') ? SCRATCH_RESERVE : 0
  if (host.scratchFree < scratch) throw noSpace(facts, 'this host', host.scratchFree, scratch)
  // Nobody knows how much has changed.
  if (increment.parent !== undefined) return
  const last = repository.backups.findLast(
    (backup) => backup.type === 'full' && backup.compression === path.method && backup.size > 0,
  )
  const ratio = last ? last.stored_size / last.size : path.method === 'none' ? 1 : 1 / 3
  const stored = server.size * ratio
  const spooled = path.kind === 'afterwards' ? server.size : path.spooled ? stored : 0
  const needed = far ? stored : stored + spooled
  if (host.free < needed) throw noSpace(facts, `${repository.layout.place}/backup`, host.free, needed)
  if (far && host.scratchFree < spooled + scratch)
    throw noSpace(facts, 'this host', host.scratchFree, spooled + scratch)
}

const noSpace = ({ server, path }: Preflight, place: string, free: number, needed: number): LifeboatError =>
  new LifeboatError(
    'backup/no-space',
    `${place} has ${formatSize(free)} free and the backup takes about ${formatSize(Math.ceil(needed))}`,
    {
      hints: [
        `the cluster has ${formatSize(server.size)}; remove old backups, or compress (compression: zstd)`,
        ...(path.spooled
          ? ['it is written on this host first, for pg_basebackup cannot stream it as it is asked for']
          : []),
      ],
    },
  )
