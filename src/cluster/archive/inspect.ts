import { LifeboatError } from '../../base/errors.ts'
import type { Session } from '../../host/connection.ts'
import type { Cluster } from '../locate.ts'
import { inspectFolder, type RepositoryFolder } from '../repository/folder.ts'
import { type ClusterIdentity, checkIdentity } from '../repository/identity.ts'
import type { RepositoryLayout } from '../repository/layout.ts'
import type { WalCompression } from '../repository/wal-file.ts'
import { configuredValue } from '../settings/plan.ts'
import { type InspectedSettings, inspectSettings } from '../settings.ts'
import { sql } from '../sql.ts'
import { type ArchiverStatistics, readArchiver } from './archiver.ts'
import { archiveCommand, archivesInto } from './command.ts'
import { deletes } from './dangers.ts'
import { findHelpers, type InstalledHelpers } from './install.ts'
import { judgeCommand } from './judge-command.ts'
import { inspectFar, inspectLink, type Link, type LinkRequest } from './link.ts'
import { inspectPlaces, type Places } from './old-place.ts'

/** Archiving as it shall be. */
export interface ArchiveWish {
  readonly layout: RepositoryLayout
  readonly compression: WalCompression | 'auto'
  /** As in postgresql.conf, `60s`. */
  readonly archiveTimeout: string
  /** Segments archived at the same time; undefined leaves it to the helper. */
  readonly parallel?: number | undefined
  /** The way to the repository host, where the repository is on one. */
  readonly link?: LinkRequest | undefined
  /** Check mode: a repository host that cannot be reached yet will be as it is set up. */
  readonly foresee?: boolean
}

/** The sessions that set-up needs: the cluster's owner, and root where the task has it. */
export interface ArchiveSessions {
  readonly owner: Session
  readonly root?: Session | undefined
}

/** Archiving as it is, with all that a change needs. */
export interface ArchiveState {
  readonly cluster: Cluster
  readonly layout: RepositoryLayout
  readonly identity: ClusterIdentity
  readonly folder: RepositoryFolder
  /** Of a repository on another host. */
  readonly link: Link | undefined
  readonly helpers: InstalledHelpers
  readonly compression: WalCompression
  readonly settings: InspectedSettings
  readonly archiver: ArchiverStatistics
  /** What archive_command is in the configuration files. */
  readonly configuredCommand: string
  readonly places: Places
  /** In check mode: why the folder of the repository cannot be made, unless somebody else makes it before. */
  readonly closed: LifeboatError | undefined
}

/**
 * Looks at everything that archiving consists of, and refuses what must not be changed.
 *
 * @throws archive/in-recovery, archive/mode-always, archive/identity-mismatch, archive/foreign-folder,
 *   archive/repository-gone, archive/bad-repository, archive/no-compression, archive/no-helper-folder, archive/no-ssh,
 *   archive/no-link, archive/unreachable, archive/cleanup-command, archive/cannot-set-up
 */
export const inspectArchive = async (
  sessions: ArchiveSessions,
  cluster: Cluster,
  wish: ArchiveWish,
): Promise<ArchiveState> => {
  const { layout } = wish
  if (layout.location.kind === 'path' && `${layout.root}/`.startsWith(`${cluster.dataDirectory}/`)) {
    throw new LifeboatError('archive/bad-repository', `${layout.root} is inside the data directory`, {
      hints: ['name a folder elsewhere, best on another disk or host: what the archive is for must not take it along'],
    })
  }
  const archiver = await readArchiver(sessions.owner, cluster)
  if (archiver.in_recovery) {
    throw new LifeboatError('archive/in-recovery', 'this cluster is in recovery: its primary archives the WAL')
  }
  const helpers = await findHelpers(sessions.owner, cluster.dataDirectory)
  const compression = chooseCompression(wish.compression, helpers.programs)
  const command = archiveCommand(helpers.folder, layout.place, compression, wish.parallel)
  const settings = await readWish(sessions.owner, cluster, command, wish.archiveTimeout)
  const configuredCommand = configured(settings, 'archive_command')
  const identity = {
    system_identifier: archiver.system_identifier,
    major_version: cluster.majorVersion,
    wal_segment_size: archiver.wal_segment_size,
  }
  const link =
    layout.location.kind === 'ssh'
      ? await inspectLink(sessions.owner, helpers, layout, wish.link ?? DEFAULT_LINK(layout.location.host))
      : undefined
  const folder = await lookAt(sessions, wish, cluster, link)
  const commands = [configuredCommand, archiver.archive_command]
  checkFolder(
    folder,
    layout,
    identity,
    commands.some((candidate) => archivesInto(candidate, layout.place)),
  )
  const closed = sessions.root || link ? undefined : whyClosed(folder, layout, cluster.owner)
  if (closed && !wish.foresee) throw closed
  const near = layout.location.kind === 'path' ? layout.folder : undefined
  refuseCleanup(archiver, layout)
  const places = await inspectPlaces(
    sessions.owner,
    cluster.dataDirectory,
    near,
    judgeCommand(configuredCommand).folder,
  )
  return {
    places,
    closed,
    cluster,
    layout,
    identity,
    folder,
    link,
    helpers,
    compression,
    settings,
    archiver,
    configuredCommand,
  }
}

/** What would fail in the run is said by check mode too. */
const whyClosed = (folder: RepositoryFolder, layout: RepositoryLayout, owner: string): LifeboatError | undefined => {
  const asItShallBe = folder.exists && folder.complete && folder.owner === owner
  if (asItShallBe || folder.closed === undefined) return undefined
  return new LifeboatError(
    'archive/cannot-set-up',
    `${layout.folder} cannot be made: ${owner} may not write into ${folder.closed}`,
    { hints: ['run the task as root (-b, become: true), or make the folder for that user'] },
  )
}

/** A clean-up that names this repository takes away what its base backups need (trap R32). */
const refuseCleanup = ({ archive_cleanup_command: cleanup }: ArchiverStatistics, layout: RepositoryLayout): void => {
  if (!deletes(cleanup) || !cleanup.includes(layout.folder)) return
  throw new LifeboatError('archive/cleanup-command', `archive_cleanup_command deletes from ${layout.place}`, {
    hints: [
      `it is ${cleanup}, which every recovery runs; base backups need what it deletes`,
      'take it out: ALTER SYSTEM RESET archive_cleanup_command',
    ],
  })
}

const chooseCompression = (asked: WalCompression | 'auto', programs: readonly string[]): WalCompression => {
  if (asked === 'auto') return (['zstd', 'lz4', 'gzip'] as const).find((name) => programs.includes(name)) ?? 'none'
  if (asked === 'none' || programs.includes(asked)) return asked
  throw new LifeboatError('archive/no-compression', `the host has no program ${asked}`, {
    hints: [
      `it has ${programs.join(', ') || 'none of zstd, lz4, gzip'}; install ${asked}, or leave compression at auto`,
    ],
  })
}

/** What the settings shall be: no more than archiving needs, and nothing that already allows more is lowered. */
const readWish = async (
  session: Session,
  cluster: Cluster,
  command: string,
  archiveTimeout: string,
): Promise<InspectedSettings> => {
  const values: Record<string, string> = {
    wal_level: 'replica',
    archive_mode: 'on',
    archive_command: command,
    archive_timeout: archiveTimeout,
    max_wal_senders: '10',
    ...(cluster.majorVersion >= 15 ? { archive_library: '' } : {}),
  }
  const inspected = await inspectSettings(session, sql(session, cluster), { values, destination: 'auto' })
  if (configured(inspected, 'archive_mode') === 'always') {
    throw new LifeboatError(
      'archive/mode-always',
      'archive_mode is always, which archives restored WAL a second time',
      {
        hints: [
          'set archive_mode = on, then run this again; standbys with an archive of their own are not supported yet',
        ],
      },
    )
  }
  if (configured(inspected, 'wal_level') === 'logical') delete values.wal_level
  // wal_level minimal goes with max_wal_senders 0, under which no base backup can be taken.
  if (configured(inspected, 'max_wal_senders') !== '0') delete values.max_wal_senders
  return { ...inspected, wish: { ...inspected.wish, values } }
}

const configured = ({ reading }: InspectedSettings, name: string): string => {
  const setting = reading.settings.get(name)
  return setting === undefined ? '' : configuredValue(reading, setting)
}

const DEFAULT_LINK = (address: string): LinkRequest => ({ address, port: 22, user: 'lifeboat' })

const lookAt = async (
  { owner, root }: ArchiveSessions,
  { layout, foresee }: ArchiveWish,
  { dataDirectory }: Cluster,
  link: Link | undefined,
): Promise<RepositoryFolder> => {
  try {
    return link ? await inspectFar(owner, layout, link) : await inspectFolder(owner, layout, dataDirectory)
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error
    if (link && foresee && (error.code === 'archive/unreachable' || error.code === 'archive/no-link')) {
      return {
        exists: true,
        owner: link.wish.user,
        mode: '0700',
        complete: true,
        identity: undefined,
        empty: true,
        besideData: false,
        space: undefined,
      }
    }
    // On a share root is often nobody; elsewhere root alone may look.
    if (!link && root && error.code === 'archive/repository-unreadable') {
      return await inspectFolder(root, layout, dataDirectory)
    }
    throw error
  }
}

const checkFolder = (
  folder: RepositoryFolder,
  layout: RepositoryLayout,
  identity: ClusterIdentity,
  inUse: boolean,
): void => {
  if (folder.identity) checkIdentity(layout, folder.identity, identity)
  else if (inUse) {
    throw new LifeboatError(
      'archive/repository-gone',
      `the cluster archives into ${layout.place}, which has no identity.json any more`,
      {
        hints: [
          layout.location.kind === 'ssh'
            ? `was ${layout.root} of ${layout.location.host} emptied, or its disk not mounted?`
            : `is ${layout.root} a share that is not mounted?`,
          'to begin a new repository there, take archive_command out first: ALTER SYSTEM RESET archive_command',
        ],
      },
    )
  } else if (!folder.empty) {
    throw new LifeboatError('archive/foreign-folder', `${layout.place} holds files and has no identity.json`, {
      hints: ['give the cluster another name in the repository (name), or move the files away'],
    })
  }
}
