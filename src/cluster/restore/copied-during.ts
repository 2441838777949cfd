import { backupEnd, backupStart } from './backup-span.ts'
import type { Resolution } from './resolve-target.ts'

/**
 * The databases that were made by copying files while the backup was taken, a sentence each: they may hold what was
 * changed in their template only afterwards (trap B18).
 */
export const copiedDuring = ({ backup, proof }: Resolution): readonly string[] =>
  proof.copies
    .filter(({ lsn }) => lsn >= backupStart(backup) && lsn < backupEnd(backup))
    .map(
      ({ database }) =>
        `the database with the OID ${database} was made by copying files while the backup ${backup.id} was taken: what was changed in its template before the backup's end may have come into it`,
    )
