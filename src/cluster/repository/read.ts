import { LifeboatError } from '../../base/errors.ts'
import type { Session } from '../../host/connection.ts'
import { openAccess, type RepositoryAccess } from './access.ts'
import type { BackupRecord } from './backup-record.ts'
import { type DamagedBackup, readBackups } from './backups.ts'
import { parseFrames } from './frames.ts'
import { type Identity, parseIdentity } from './identity.ts'
import type { RepositoryLayout } from './layout.ts'
import { LISTING, NOT_THERE } from './list-script.ts'
import { parseListing } from './listing.ts'
import { parseWalFile, type WalFile } from './wal-file.ts'

/** What a repository holds of one cluster. */
export interface Repository {
  readonly layout: RepositoryLayout
  /** Undefined where the folder was never set up, or its share is not mounted. */
  readonly identity: Identity | undefined
  /** Whole backups, oldest first. */
  readonly backups: readonly BackupRecord[]
  /** Folders that have the name of a backup and are none, with the reason. */
  readonly damaged: readonly DamagedBackup[]
  /** Names of folders that an interrupted backup left, with `.incomplete` at their end. */
  readonly incomplete: readonly string[]
  /** A backup says that it is being taken. */
  readonly locked: boolean
  /** Every file of the WAL archive, by name. */
  readonly wal: readonly WalFile[]
  /** Content of the timeline history files, by timeline. */
  readonly histories: ReadonlyMap<number, string>
  /** Clock of the host when it was read. */
  readonly now: Date
}

/**
 * Reads a cluster's part of a repository in one round trip, wherever it is. A folder that does not exist is an empty
 * repository without an identity.
 *
 * @param session on the database host, of a user who may read the folder: the cluster's owner, or root; over SSH only
 *   the owner, whose key it is
 * @param access to the folder, where it is open already
 * @throws archive/repository-unreadable, archive/bad-identity, archive/no-link, archive/unreachable
 */
export const readRepository = async (
  session: Session,
  layout: RepositoryLayout,
  access?: RepositoryAccess,
): Promise<Repository> => {
  const { list, check } = access ?? (await openAccess(session, layout))
  const result = await session.run(list())
  check(result)
  const { status, stdoutBytes, stderr } = result
  if (status === NOT_THERE) return emptyRepository(layout, stdoutBytes)
  if (status !== 0) {
    throw new LifeboatError('archive/repository-unreadable', `${layout.place} cannot be read by ${session.user}`, {
      hints: [stderr.trim() || 'a part of it is not readable', 'it belongs to the owner of the cluster, mode 0700'],
    })
  }
  const split = stdoutBytes.indexOf(LISTING)
  const frames = parseFrames(stdoutBytes.subarray(0, split))
  const content = new Map(frames.map((frame) => [frame.name, frame.content.toString()]))
  const listing = parseListing(stdoutBytes.subarray(split + LISTING.length).toString())
  const identity = content.get('identity.json')
  return {
    layout,
    identity: identity === undefined ? undefined : parseIdentity(identity, layout.identityFile),
    ...readBackups(listing, content, layout),
    locked: listing.some((file) => file.path === 'backup/.lock'),
    wal: listing
      .filter((file) => file.type === 'file' && file.path.startsWith('wal/'))
      .flatMap((file) => parseWalFile(file.path.slice('wal/'.length), file.size) ?? [])
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    histories: histories(content),
    now: clock(content.get('now')),
  }
}

/**
 * The identity of a repository that must have one.
 *
 * @throws archive/no-identity
 */
export const requireIdentity = (repository: Repository): Identity => {
  if (repository.identity) return repository.identity
  const { place, root, name, location } = repository.layout
  throw new LifeboatError(
    'archive/no-identity',
    `${place} has no identity.json: nothing was archived there as "${name}"`,
    {
      hints: [
        location.kind === 'ssh'
          ? `was ${root} of ${location.host} emptied, or its disk not mounted?`
          : `is ${root} a share that is not mounted?`,
        'set archiving up first (postgresql_archive, playbook archive.yml)',
      ],
    },
  )
}

const histories = (content: ReadonlyMap<string, string>): Map<number, string> => {
  const found = new Map<number, string>()
  for (const [name, text] of content) {
    const match = /^wal\/([0-9A-F]{8})\.history$/.exec(name)
    if (match) found.set(Number.parseInt(match[1] ?? '', 16), text)
  }
  return found
}

const clock = (seconds: string | undefined): Date => new Date(Number(seconds) * 1000)

const emptyRepository = (layout: RepositoryLayout, output: Buffer): Repository => ({
  layout,
  identity: undefined,
  backups: [],
  damaged: [],
  incomplete: [],
  locked: false,
  wal: [],
  histories: new Map(),
  now: clock(parseFrames(output)[0]?.content.toString()),
})
