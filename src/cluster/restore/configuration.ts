import { confValues, parseConf, removeConfValue, setConfValue } from '../../postgres/conf-file.ts'

/** Settings of a recovery that is over, or of a standby: none of them may steer the next one (traps R10, R31, R32, R35). */
const RECOVERY_SETTINGS = [
  'recovery_target',
  'recovery_target_time',
  'recovery_target_name',
  'recovery_target_xid',
  'recovery_target_lsn',
  'recovery_target_inclusive',
  'recovery_target_timeline',
  'recovery_target_action',
  'restore_command',
  'archive_cleanup_command',
  'recovery_end_command',
  'primary_conninfo',
  'primary_slot_name',
]

const ARCHIVE_SETTINGS = ['archive_mode', 'archive_command', 'archive_library']

/**
 * The postgresql.auto.conf of a restored cluster. What is left of recoveries is taken out; and one that was restored
 * from another cluster's repository archives nowhere until archiving is set up for it, for with the inherited settings
 * it would put its new timeline among the WAL of the source, and the source's next restore would follow it (trap D1).
 */
export const restoredAutoConf = (text: string, own: boolean): string => {
  const cleared = without(text, own ? RECOVERY_SETTINGS : [...RECOVERY_SETTINGS, ...ARCHIVE_SETTINGS])
  return own ? cleared : setConfValue(cleared, 'archive_mode', 'off', 'postgresql.auto.conf')
}

/** A setting that was taken out because it names a place of the source's host. */
export interface DroppedSetting {
  readonly name: string
  readonly value: string
}

/** Settings that name files or folders of the host they were written for (trap R29). */
const PLACES = [
  'data_directory',
  'hba_file',
  'ident_file',
  'external_pid_file',
  'stats_temp_directory',
  'unix_socket_directories',
  'log_directory',
  'ssl_cert_file',
  'ssl_key_file',
  'ssl_ca_file',
  'ssl_crl_file',
  'ssl_crl_dir',
  'krb_server_keyfile',
]

// These name the files beside the configuration itself, which come from the backup too.
const ALWAYS_DROPPED = new Set(['data_directory', 'hba_file', 'ident_file', 'external_pid_file'])

/** The absolute paths in a configuration about which the host must be asked. */
export const placesIn = (text: string, path: string): readonly string[] =>
  PLACES.flatMap((name) => confValues(parseConf(text, path)).get(name) ?? [])
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter((value) => value.startsWith('/'))

/**
 * A configuration of another host made fit for this one: settings that name places which are not here are taken out,
 * and without its key file TLS is switched off, for the server would not start.
 *
 * @param present paths that exist on this host and may be used
 */
export const fitConfiguration = (
  text: string,
  path: string,
  present: ReadonlySet<string>,
): { text: string; dropped: readonly DroppedSetting[] } => {
  const values = confValues(parseConf(text, path))
  const dropped = PLACES.flatMap((name): DroppedSetting[] => {
    const value = values.get(name)
    if (value === undefined) return []
    const paths = value.split(',').map((part) => part.trim())
    const usable = paths.every((part) => !part.startsWith('/') || present.has(part))
    return usable && !ALWAYS_DROPPED.has(name) ? [] : [{ name, value }]
  })
  const fitted = without(
    text,
    dropped.map(({ name }) => name),
  )
  const tls = dropped.some(({ name }) => name === 'ssl_key_file' || name === 'ssl_cert_file')
  return { text: tls ? setConfValue(fitted, 'ssl', 'off', path) : fitted, dropped }
}

const without = (text: string, names: readonly string[]): string =>
  names.reduce((rest, name) => removeConfValue(rest, name), text)
