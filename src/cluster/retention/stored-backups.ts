import type { StoredBackup } from '../../postgres/retention.ts'
import type { BackupRecord } from '../repository/backup-record.ts'
import { backupEnd, backupStart } from '../restore/backup-span.ts'

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
    parent: record.parent ?? undefined,
    timeline: record.timeline,
    start: backupStart(record),
    stop: backupEnd(record),
    stopTime: Date.parse(record.stop_time),
    reader: readers.get(record.id),
  }))
