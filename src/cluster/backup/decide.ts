import { formatDuration } from '../../base/duration.ts'
import type { BackupRecord } from '../repository/backup-record.ts'
import type { ClusterIdentity } from '../repository/identity.ts'
import type { Repository } from '../repository/read.ts'

/** Whether a backup is to be taken, and why. */
export interface Decision {
  readonly due: boolean
  /** The youngest whole backup of this cluster, if any. */
  readonly latest: BackupRecord | undefined
  /** Its age in seconds by the host's clock. */
  readonly age: number | undefined
  /** For people: `20261122T013000Z-full, 3h 02m old`. */
  readonly words: string | null
}

/**
 * Decides by the age of the youngest whole backup; 0 means that each run takes one.
 *
 * @param backups those that count
 * @param maxAge seconds
 */
export const decideBackup = (repository: Repository, backups: readonly BackupRecord[], maxAge: number): Decision => {
  const latest = backups.at(-1)
  if (latest === undefined) return { due: true, latest, age: undefined, words: null }
  const age = Math.max(0, (repository.now.getTime() - Date.parse(latest.stop_time)) / 1000)
  return { due: age >= maxAge, latest, age, words: `${latest.id}, ${formatDuration(age)} old` }
}

/** The whole backups of this very cluster, oldest first. */
export const backupsOf = (repository: Repository, cluster: ClusterIdentity): readonly BackupRecord[] =>
  repository.backups.filter(
    (backup) =>
      backup.system_identifier === cluster.system_identifier && backup.major_version === cluster.major_version,
  )
