import { quote, sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { featuresOf } from '../../postgres/version.ts'
import type { RepositoryAccess } from '../repository/access.ts'
import type { BackupRecord } from '../repository/backup-record.ts'

/** What a look at the stored files of a backup found. */
export interface StoredFiles {
  /** Files whose digest was compared, and their bytes. */
  readonly files: number
  readonly bytes: number
  /** Whether their contents were compared with the backup's manifest too. */
  readonly contents: boolean
  readonly problems: readonly string[]
}

/**
 * Compares the files of a backup with the digests that were taken when it was whole, computed where the files are. Where
 * pg_verifybackup can read archives (PostgreSQL 18) and they are on this host, their contents are compared with the
 * manifest too. Changes nothing.
 *
 * @throws archive/unreachable
 * @param onProgress called with the bytes that were read
 */
export const verifyStored = async (
  session: Session,
  backup: BackupRecord,
  access: RepositoryAccess,
  binDirectory: string,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (done: number, total: number) => void } = {},
): Promise<StoredFiles> => {
  const { signal } = options
  const total = backup.files.reduce((sum, file) => sum + file.size, 0)
  const problems: string[] = []
  let done = 0
  for (const file of backup.files) {
    const result = await session.run(access.sum(`backup/${backup.id}/${file.name}`), { signal })
    access.check(result)
    const digest = /^[0-9a-f]{64}$/m.exec(result.stdout)?.[0]
    if (digest === undefined) problems.push(`${file.name} cannot be read: ${result.stderr.trim()}`)
    else if (digest !== file.sha256)
      problems.push(`${file.name} is damaged: its digest is ${digest}, not ${file.sha256}`)
    done += file.size
    options.onProgress?.(done, total)
  }
  const folder = access.path(`backup/${backup.id}`)
  const contents =
    folder !== undefined && problems.length === 0 && featuresOf(backup.major_version).verifyTar && isReadable(backup)
  if (contents) {
    const result = await session.run(verifyScript(backup, folder, binDirectory), { signal })
    if (result.status !== 0) problems.push(...result.stderr.trim().split('\n').slice(0, 10).map(withoutArchive))
  }
  return { files: backup.files.length, bytes: done, contents, problems }
}

/** The archive that PostgreSQL 18 names with a file is of memory that it has let go of. */
const withoutArchive = (line: string): string => line.replace(/ in archive ".*"$/, '')

/** pg_verifybackup knows one archive a folder: not those that several tars wrote at once. */
const isReadable = ({ files }: BackupRecord): boolean =>
  files.some(({ contents }) => contents === 'manifest') &&
  files.every(({ contents, name }) => contents === 'config' || !/^(data|\d+)-\d+\.tar/.test(name))

// pg_verifybackup wants a folder with the archives and the manifest and nothing else.
const verifyScript = (backup: BackupRecord, folder: string, binDirectory: string): string => {
  const names = backup.files
    .filter((file) => file.contents !== 'config' && file.contents !== 'wal')
    .map(({ name }) => name)
  return `LC_ALL=C; export LC_ALL
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 143' HUP INT TERM
${names.map((name) => `${sh`ln -s ${`${folder}/${name}`}`.text} "$scratch"/${quote(name)} || exit 1`).join('\n')}
${sh`${`${binDirectory}/pg_verifybackup`}`.text} -n -q "$scratch" >&2 </dev/null
`
}
