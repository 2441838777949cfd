import { type Lsn, parseLsn } from '../../postgres/lsn.ts'
import { formatUtc } from '../../postgres/moment.ts'
import type { BackupRecord } from '../repository/backup-record.ts'

/** Where replay of a backup begins. */
export const backupStart = (backup: BackupRecord): Lsn => parseLsn(backup.start_lsn)

/** The position from which a restored backup is consistent; no recovery can end before it (trap R6). */
export const backupEnd = (backup: BackupRecord): Lsn => parseLsn(backup.stop_lsn)

/** When a backup was begun: microseconds since 1970-01-01 UTC. */
export const backupStartTime = (backup: BackupRecord): bigint => BigInt(Date.parse(backup.start_time)) * 1000n

/** When a backup ended: microseconds since 1970-01-01 UTC. */
export const backupEndTime = (backup: BackupRecord): bigint => BigInt(Date.parse(backup.stop_time)) * 1000n

/** A backup for a person: `20261122T013000Z-full, complete at 2026-11-22 01:30:12+00, 0/3000138`. */
export const describeBackup = (backup: BackupRecord): string =>
  `${backup.id}, complete at ${formatUtc(backupEndTime(backup))}, ${backup.stop_lsn}`
