import type { RecoveryWish } from '../../postgres/recovery-target.ts'
import type { StandbyWish } from './standby/standby-wish.ts'

/** What a user asks of a restore, as the parameters of postgresql_restore have it. */
export interface RestoreWish extends RecoveryWish {
  /** Id or label of a backup; undefined where the best one is to be chosen. */
  readonly backup?: string | undefined
  readonly replace: boolean
  /** Where tablespaces go: new absolute paths by the path in the backup. */
  readonly tablespace_mapping: Readonly<Record<string, string>>
  /** Where `pg_wal` is to stand when it is not to be a folder of the data directory. */
  readonly wal_directory?: string | undefined
  /** What is kept of the data directory that is replaced: all of it, or where space is short its WAL alone. */
  readonly set_aside: 'data' | 'wal'
  readonly verify: boolean
  readonly release: boolean
  /** Whether an older minor version than that of the source may do. */
  readonly older_minor?: boolean | undefined
  /** What becomes of the same restore where it was interrupted: it goes on, or is undone and begins anew. */
  readonly resume?: 'continue' | 'rollback' | undefined
  /** With `target_action: standby`: how it goes on. */
  readonly standby?: StandbyWish | undefined
}

/** The part of a wish that says which state is wanted, as text: it decides whether a restore was already done. */
export const askedFor = (wish: RestoreWish): Readonly<Record<string, string>> => {
  const { backup, target, target_time, target_name, target_xid, target_lsn, target_inclusive, target_timeline } = wish
  const asked = { backup, target, target_time, target_name, target_xid, target_lsn, target_inclusive, target_timeline }
  const given = Object.entries(asked).filter(([, value]) => value !== undefined && value !== '')
  const point = given.some(([key]) => /^target_(time|name|xid|lsn)$/.test(key))
  return Object.fromEntries(
    given
      // What says nothing must not make two wishes different.
      .filter(([key, value]) => !(key === 'target' && (value === 'latest' || point)))
      .filter(([key, value]) => !(key === 'target_inclusive' && value === true))
      .map(([key, value]) => [key, String(value)]),
  )
}
