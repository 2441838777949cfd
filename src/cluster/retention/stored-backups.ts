import type { StoredBackup } from '../../postgres/retention.ts'
import type { BackupRecord } from '../repository/backup-record.ts'
import { backupEnd, backupStart } from '../restore/backup-span.ts'

/** The backup that an incremental one is an increment to, by its record; undefined for a full one. */
export const parentOf = (record: BackupRecord & { readonly parent?: string | null | undefined }): string | undefined =>
  record.parent ?? undefined

/**
 * Whole backups as retention sees them.
 *
 * @param readers who reads a backup at the moment, by its id
 */
export const storedBackups = (
  records: readonly BackupRecord[],
  readers: ReadonlyMap<string, string> = new Map(),
): readonly StoredBackup[] =>
  records.map((record) => ({
    id: record.id,
    parent: parentOf(record),
    timeline: record.timeline,
    start: backupStart(record),
    stop: backupEnd(record),
    stopTime: Date.parse(record.stop_time),
    reader: readers.get(record.id),
  }))
