import { LifeboatError } from '../base/errors.ts'

/** The oldest major version that is supported: WAL functions and `pg_wal` have their names of today since then. */
export const OLDEST_MAJOR = 10

/** Major version of a `server_version_num`: 150020 → 15. */
export const majorOfVersionNumber = (versionNumber: number): number => Math.floor(versionNumber / 10_000)

/**
 * Major version of a text that begins with or holds a version: `15`, `15.20`, `PostgreSQL 15.20 (Debian …)`, `18beta1`,
 * `postgres (PostgreSQL) 17.6`.
 *
 * @throws postgres/unsupported-version
 */
export const majorOfVersionText = (text: string): number => {
  const match = /(?:^|\s)(\d+)(?:\.\d+|devel|beta\d+|rc\d+)?(?=[\s.]|$)/.exec(text.trim())
  const major = Number(match?.[1] ?? 0)
  if (major < OLDEST_MAJOR) {
    throw new LifeboatError(
      'postgres/unsupported-version',
      `"${text.trim()}" is not a version of PostgreSQL from 10 on`,
    )
  }
  return major
}

/** What a major version can do, and what it calls things (release notes 10 to 18). */
export interface Features {
  /** Function and arguments that begin a low-level backup, given as SQL with the label as `$1`. */
  readonly backupStart: string
  readonly backupStop: string
  /** `recovery.conf` up to 11; afterwards settings and `recovery.signal`. */
  readonly recoverySignal: boolean
  /** The default of recovery_target_timeline. */
  readonly defaultTargetTimeline: 'current' | 'latest'
  /** pg_promote() exists. */
  readonly promoteFunction: boolean
  /** backup_manifest and pg_verifybackup. */
  readonly manifest: boolean
  /** A target that is not reached stops the server instead of ending recovery in silence (trap R5). */
  readonly unreachedTargetIsFatal: boolean
  /** A change of restore_command is taken over by a reload. */
  readonly restoreCommandReload: boolean
  /** recovery_init_sync_method exists. */
  readonly syncMethod: boolean
  /** `pg_basebackup --compress=server-…` and `--target`. */
  readonly serverCompression: boolean
  readonly archiveLibrary: boolean
  /** archive_command and archive_library both set: an error, where 15 silently preferred the library (trap A7). */
  readonly archiveConflictIsError: boolean
  /** psql knows `\bind`. */
  readonly psqlBind: boolean
  /** `pg_basebackup --incremental`, pg_combinebackup. */
  readonly incremental: boolean
  /** allow_alter_system exists and may forbid ALTER SYSTEM (trap A12). */
  readonly allowAlterSystem: boolean
  /** pg_verifybackup reads tar files. */
  readonly verifyTar: boolean
}

/** The features of a major version. */
export const featuresOf = (major: number): Features => ({
  backupStart: major >= 15 ? 'pg_backup_start($1, $2)' : 'pg_start_backup($1, $2, false)',
  backupStop: major >= 15 ? 'pg_backup_stop($1)' : 'pg_stop_backup(false, $1)',
  recoverySignal: major >= 12,
  defaultTargetTimeline: major >= 12 ? 'latest' : 'current',
  promoteFunction: major >= 12,
  manifest: major >= 13,
  unreachedTargetIsFatal: major >= 13,
  restoreCommandReload: major >= 14,
  syncMethod: major >= 14,
  serverCompression: major >= 15,
  archiveLibrary: major >= 15,
  archiveConflictIsError: major >= 16,
  psqlBind: major >= 16,
  incremental: major >= 17,
  allowAlterSystem: major >= 17,
  verifyTar: major >= 18,
})
