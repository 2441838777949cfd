import { sh } from '../base/quote.ts'

/**
 * Shell condition: the data directory holds a base backup that was never recovered, without the signal that would make
 * a server recover it (trap R13). What was copied or unpacked by hand is left like that.
 */
export const isStranded = (dataDirectory: string): string =>
  sh`[ -f ${`${dataDirectory}/backup_label`} ] && [ ! -e ${`${dataDirectory}/recovery.signal`} ] && [ ! -e ${`${dataDirectory}/standby.signal`} ]`
    .text

/** What such a data directory is, for a sentence that begins with its path. */
export const STRANDED = 'holds a base backup that was never recovered: backup_label is there, and no signal file'

/** What to do about it. PostgreSQL's own hint ends with the removal of backup_label, which spoils it (trap B10). */
export const STRANDED_HINTS = [
  'restore it from the repository: postgresql_restore with replace: true sets these files aside',
  'or, where they are to be recovered by hand: touch recovery.signal and set restore_command',
  'never remove backup_label: the server would come up, with damaged data',
] as const
