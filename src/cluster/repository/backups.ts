import { LifeboatError } from '../../base/errors.ts'
import { type BackupRecord, parseBackupRecord } from './backup-record.ts'
import { INCOMPLETE, isBackupId, type RepositoryLayout } from './layout.ts'
import type { ListedFile } from './listing.ts'

export interface DamagedBackup {
  readonly id: string
  readonly reason: string
}

export interface FoundBackups {
  readonly backups: readonly BackupRecord[]
  readonly damaged: readonly DamagedBackup[]
  readonly incomplete: readonly string[]
}

/**
 * Tells the whole backups from what only looks like one: a whole one has a readable record, every file of the record is
 * there with the size it names, no page of it was damaged when it was taken, and the backup that it is an increment to
 * is whole too.
 *
 * @param content of `backup/ID/backup.json`, by that path
 */
export const readBackups = (
  listing: readonly ListedFile[],
  content: ReadonlyMap<string, string>,
  layout: RepositoryLayout,
): FoundBackups => {
  const sizes = new Map(listing.filter((file) => file.type === 'file').map((file) => [file.path, file.size]))
  const folders = listing.flatMap((file) =>
    file.type === 'folder' && /^backup\/[^/]+$/.test(file.path) ? [file.path.slice('backup/'.length)] : [],
  )
  const backups: BackupRecord[] = []
  const damaged: DamagedBackup[] = []
  for (const id of folders.filter(isBackupId).sort()) {
    try {
      const backup = readBackup(id, sizes, content, layout)
      if (backup.parent !== null && !backups.some((whole) => whole.id === backup.parent)) {
        throw new LifeboatError('backup/bad-record', `it is an increment to ${backup.parent}, which is not there whole`)
      }
      backups.push(backup)
    } catch (error) {
      if (!(error instanceof LifeboatError)) throw error
      damaged.push({ id, reason: error.message })
    }
  }
  return { backups, damaged, incomplete: folders.filter((name) => name.endsWith(INCOMPLETE)).sort() }
}

const readBackup = (
  id: string,
  sizes: ReadonlyMap<string, number>,
  content: ReadonlyMap<string, string>,
  layout: RepositoryLayout,
): BackupRecord => {
  const path = `backup/${id}/backup.json`
  const text = content.get(path)
  if (text === undefined) throw new LifeboatError('backup/bad-record', 'it has no backup.json')
  const record = parseBackupRecord(text, `${layout.place}/${path}`)
  if (record.id !== id) throw new LifeboatError('backup/bad-record', `its record is that of ${record.id}`)
  for (const file of record.files) {
    const size = sizes.get(`backup/${id}/${file.name}`)
    if (size === file.size) continue
    const problem = size === undefined ? 'is missing' : `has ${size} bytes instead of ${file.size}`
    throw new LifeboatError('backup/bad-record', `${file.name} ${problem}`)
  }
  if (record.page_failures.length > 0) {
    throw new LifeboatError('backup/bad-record', `it is corrupt: ${record.page_failures[0]}`)
  }
  return record
}
