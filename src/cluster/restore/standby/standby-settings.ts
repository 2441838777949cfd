import { removeConfValue, setConfValue } from '../../../postgres/conf-file.ts'
import { formatConninfo } from '../../../postgres/conninfo.ts'
import type { RequiredSettings } from '../../../postgres/control-data.ts'
import type { SettingList } from '../../../postgres/recovery-settings.ts'
import type { StandbyWish } from './standby-wish.ts'

/** Settings about which the configuration of the host is asked before the standby's own are written. */
export const ASKED = {
  /** Replay demands at least what the primary has (trap R15). */
  raised: [
    'max_connections',
    'max_worker_processes',
    'max_wal_senders',
    'max_prepared_transactions',
    'max_locks_per_transaction',
  ],
  /** What would end the standby's recovery, or delete from the archive that it shares (traps R10, R31, R32). */
  emptied: [
    'recovery_target',
    'recovery_target_time',
    'recovery_target_name',
    'recovery_target_xid',
    'recovery_target_lsn',
    'archive_cleanup_command',
    'recovery_end_command',
  ],
  archive: ['archive_mode', 'archive_command', 'archive_library', 'archive_timeout'],
} as const

/** Archiving of a standby that is meant to take the primary's place: it begins with its promotion. */
export interface SuccessorArchive {
  readonly command: string
  /** Whether the command that is set already archives into the very folder. */
  readonly settled: boolean
}

export interface StandbySettingsRequest {
  readonly wish: StandbyWish
  /** restore_command of the recovery that was proven. */
  readonly restoreCommand: string
  /** The timeline to follow; `latest` where none in the archive is newer. */
  readonly follow: 'latest' | number
  /** File with the password for the primary; undefined where none was given. */
  readonly passfile: string | undefined
  /** What the primary had, as pg_control knows it. */
  readonly required: RequiredSettings
  /** What the host's configuration says of the settings in `ASKED`. */
  readonly effective: ReadonlyMap<string, string>
  readonly archive: SuccessorArchive | undefined
}

/** Settings of a standby for its postgresql.auto.conf: no more of the host's configuration is overruled than must be. */
export const standbySettings = (request: StandbySettingsRequest): SettingList => {
  const { wish, effective, required, follow } = request
  const primary = wish.primary && new Map([...wish.primary].filter(([name]) => name !== 'password'))
  if (primary && request.passfile !== undefined) primary.set('passfile', request.passfile)
  return [
    ['restore_command', forStandby(request.restoreCommand, primary !== undefined)],
    ['recovery_target_timeline', String(follow)],
    ['primary_conninfo', primary ? formatConninfo(primary) : ''],
    ['primary_slot_name', wish.slot ?? ''],
    ['hot_standby', 'on'],
    ...ASKED.raised.flatMap((name) => {
      const value = required[name]
      const low = value !== undefined && Number(effective.get(name) ?? 0) < value
      return low ? [[name, String(value)] as const] : []
    }),
    ...ASKED.emptied.filter((name) => (effective.get(name) ?? '') !== '').map((name) => [name, ''] as const),
    ...archiveSettings(request),
  ]
}

/**
 * The restore_command of a standby, from that of a recovery. One that streams looks into the archive for what the
 * primary has no more: an archive that cannot be read for a while must not end it, and a file that is missing ends
 * nothing, for it tries again. One that has the archive alone waits until it can be read, so that a promotion meanwhile
 * does not pass over what is in it.
 */
const forStandby = (command: string, streams: boolean): string =>
  streams
    ? `${command} || exit 1`
    : `until ${command}; do s=$?; [ $s -ge 126 ] && [ $s -ne 143 ] || exit $s; sleep 5; done`

const archiveSettings = ({ archive, effective }: StandbySettingsRequest): SettingList => {
  if (archive === undefined) return [['archive_mode', 'off']]
  const library = (effective.get('archive_library') ?? '') !== ''
  const on = effective.get('archive_mode') === 'on'
  if (archive.settled && on && !library) return []
  return [
    ['archive_mode', 'on'],
    ['archive_command', archive.command],
    ...(library ? [['archive_library', ''] as const] : []),
    ...(effective.get('archive_timeout') === '0' ? [['archive_timeout', '60s'] as const] : []),
  ]
}

/** The text of postgresql.auto.conf with those settings, each once. */
export const writeSettings = (text: string, settings: SettingList): string =>
  settings.reduce(
    (rest, [name, value]) => setConfValue(removeConfValue(rest, name), name, value, 'postgresql.auto.conf'),
    text,
  )
