import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import type { BackupRecord } from './backup-record.ts'
import { type DamagedBackup, readBackups } from './backups.ts'
import { FRAME_FUNCTION, parseFrames } from './frames.ts'
import { type Identity, parseIdentity } from './identity.ts'
import type { RepositoryLayout } from './layout.ts'
import { LIST_COMMAND, parseListing } from './listing.ts'
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

const LISTING = '\nlisting\n'
const NOT_THERE = 3
const UNREADABLE = 4

/**
 * Reads a cluster's part of a repository in one round trip. A folder that does not exist is an empty repository
 * without an identity.
 *
 * @param session of a user who may read the folder: the cluster's owner, or root
 * @throws archive/repository-unreadable, archive/bad-identity
 */
export const readRepository = async (session: Session, layout: RepositoryLayout): Promise<Repository> => {
  const { status, stdoutBytes, stderr } = await session.run(readScript(layout))
  if (status === NOT_THERE) return emptyRepository(layout, stdoutBytes)
  if (status !== 0) {
    throw new LifeboatError('archive/repository-unreadable', `${layout.folder} cannot be read by ${session.user}`, {
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
  const { folder, root, name } = repository.layout
  throw new LifeboatError(
    'archive/no-identity',
    `${folder} has no identity.json: nothing was archived there as "${name}"`,
    {
      hints: [
        `is ${root} a share that is not mounted?`,
        'set archiving up first (postgresql_archive, playbook archive.yml)',
      ],
    },
  )
}

const readScript = (layout: RepositoryLayout): string =>
  `LC_ALL=C; export LC_ALL
${FRAME_FUNCTION}
now() { now=$(date -u +%s) && printf '%s now\\n%s\\n' "\${#now}" "$now"; }
${sh`cd ${layout.folder}`.text} 2>/dev/null || {
  ${sh`ls -d ${layout.folder}`.text} >/dev/null 2>&1 && exit ${UNREADABLE}
  now; exit ${NOT_THERE}
}
for folder in . wal wal/[0-9A-F]* backup backup/[0-9]*; do
  [ ! -d "$folder" ] || { [ -r "$folder" ] && [ -x "$folder" ]; } || { echo "$folder" >&2; exit ${UNREADABLE}; }
done
for file in identity.json backup/[0-9]*/backup.json wal/*.history; do
  [ ! -f "$file" ] || frame "$file" "$file" || exit ${UNREADABLE}
done
now
printf '\\nlisting\\n'
${LIST_COMMAND} 2>/dev/null
exit 0
`

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
