import type { Change } from '../../base/change.ts'
import { LifeboatError } from '../../base/errors.ts'
import { checkSettingValue, isQuotedList, sameSettingValue, splitList } from '../../postgres/settings.ts'
import { formatNumericSetting } from '../../postgres/units.ts'
import { checkArchiveConflict } from './archive-conflict.ts'
import type { FileLine, Setting, SettingsReading } from './read.ts'

/** Settings as they shall be. */
export interface SettingsWish {
  /** Values as in postgresql.conf, with units; null takes the setting out of the place where it is written. */
  readonly values: Readonly<Record<string, string | null>>
  /**
   * `auto`: by ALTER SYSTEM into postgresql.auto.conf, which beats every other file; otherwise an absolute path of a
   * file in an `include_dir`.
   */
  readonly destination: string
}

/**
 * What differs between the settings and the wish; pure. A value that is in force already, wherever it is written,
 * needs no change, and `1GB` is the same as `1048576kB`.
 *
 * @throws postgres/unknown-setting, postgres/bad-setting, postgres/fixed-setting for what cannot be set at all,
 *   postgres/shadowed when another place would beat the one written to (trap A12), postgres/alter-system-off,
 *   postgres/archive-conflict (trap A7)
 */
export const planSettings = (reading: SettingsReading, wish: SettingsWish): Change[] => {
  checkArchiveConflict(reading, wish)
  return Object.entries(wish.values).flatMap(([name, value]) => {
    const setting = settingOf(reading, name)
    return value === null ? planReset(reading, wish, setting) : planValue(reading, wish, setting, value)
  })
}

/**
 * Settings of the wish that wait for a restart of the server. One that was changed and changed back does not, although
 * pg_settings goes on saying so.
 */
export const waitingForRestart = (reading: SettingsReading, wish: SettingsWish): string[] =>
  Object.keys(wish.values).filter((name) => {
    const setting = reading.settings.get(name.toLowerCase())
    return setting?.pendingRestart && !sameSettingValue(setting.value, configuredValue(reading, setting), setting)
  })

/** The line that counts: the last one of that name that the server can read. */
export const effectiveLine = (reading: SettingsReading, name: string): FileLine | undefined =>
  linesOf(reading, name).at(-1)

/** The value the files give a setting, in the user's units; what it is without any line where there is none. */
export const configuredValue = (reading: SettingsReading, setting: Setting): string =>
  effectiveLine(reading, setting.name)?.value ?? defaultOf(setting)

const linesOf = (reading: SettingsReading, name: string): FileLine[] =>
  reading.lines.filter((line) => line.name?.toLowerCase() === name.toLowerCase() && line.value !== null)

const settingOf = (reading: SettingsReading, name: string): Setting => {
  const setting = reading.settings.get(name.toLowerCase())
  if (setting === undefined)
    throw new LifeboatError('postgres/unknown-setting', `PostgreSQL knows no setting "${name}"`)
  if (setting.context === 'internal') {
    throw new LifeboatError('postgres/fixed-setting', `${setting.name} cannot be set: it is fixed at ${setting.value}`)
  }
  return setting
}

const planValue = (reading: SettingsReading, wish: SettingsWish, setting: Setting, value: string): Change[] => {
  checkSettingValue(value, setting)
  if (setting.source === 'command line') {
    if (sameSettingValue(setting.value, value, setting)) return []
    throw new LifeboatError(
      'postgres/shadowed',
      `${setting.name} is given on the command line of the server: ${setting.value}`,
      {
        hints: ['no configuration file can change it; look at the service that starts the server'],
      },
    )
  }
  const configured = configuredValue(reading, setting)
  if (sameSettingValue(configured, value, setting)) return unread(reading, setting, value)
  checkDestination(reading, wish, setting, value)
  return [change(setting, configured, value)]
}

// Written by hand and not loaded: the files are right, the server does not know it yet.
const unread = (reading: SettingsReading, setting: Setting, value: string): Change[] => {
  const line = effectiveLine(reading, setting.name)
  const shown = setting.source === 'configuration file' || setting.source === 'default'
  const stale = line === undefined ? setting.source === 'configuration file' : line.unread
  // archive_command shows "(disabled)" while archive_mode is off, whatever its value is.
  if (setting.name === 'archive_command' && setting.value === '(disabled)') return []
  if (!shown || !stale || setting.pendingRestart || sameSettingValue(setting.value, value, setting)) return []
  return [change(setting, readable(setting, setting.value), value)]
}

const planReset = (reading: SettingsReading, wish: SettingsWish, setting: Setting): Change[] => {
  const place = wish.destination === 'auto' ? reading.autoFile : wish.destination
  const written = linesOf(reading, setting.name)
  const own = written.filter((line) => line.file === place)
  if (own.length === 0) return []
  if (wish.destination === 'auto' && !reading.alterSystem) throw alterSystemOff(setting.name)
  const rest = written.filter((line) => line.file !== place).at(-1)
  return [change(setting, own.at(-1)?.value ?? '', rest?.value ?? defaultOf(setting))]
}

const checkDestination = (reading: SettingsReading, wish: SettingsWish, setting: Setting, value: string): void => {
  if (wish.destination === 'auto') {
    if (!reading.alterSystem) throw alterSystemOff(setting.name)
    // ALTER SYSTEM would write a list with one nameless item.
    if (isQuotedList(setting.name) && splitList(value).length === 0) checkEmptied(reading, setting)
    return
  }
  const shadow = linesOf(reading, setting.name).find((line) => beats(reading, line, wish.destination))
  if (shadow) throw shadowed(setting, shadow, wish.destination)
}

const checkEmptied = (reading: SettingsReading, setting: Setting): void => {
  const below = linesOf(reading, setting.name)
    .filter((line) => line.file !== reading.autoFile)
    .at(-1)
  if (below && splitList(below.value ?? '').length > 0) throw shadowed(setting, below, 'ALTER SYSTEM RESET')
}

/** Whether a line beats what would be written to a file of an include_dir, whose files are read in order of name. */
const beats = (reading: SettingsReading, line: FileLine, file: string): boolean => {
  if (line.file === file) return false
  if (line.file === reading.autoFile) return true
  const ours = reading.lines.filter((other) => other.file === file && other.name !== null).at(-1)
  if (ours) return line.order > ours.order
  const folder = (path: string): string => path.slice(0, path.lastIndexOf('/'))
  return folder(line.file) === folder(file) && line.file > file
}

const shadowed = (setting: Setting, line: FileLine, place: string): LifeboatError =>
  new LifeboatError(
    'postgres/shadowed',
    `${setting.name} in ${place} would not count: ${line.file} line ${line.line} beats it`,
    {
      hints: [
        `there it is ${line.value}`,
        line.file.endsWith('/postgresql.auto.conf')
          ? `take it out there with a reset (ALTER SYSTEM RESET ${setting.name}), or leave destination at auto`
          : `take that line out, or leave destination at auto`,
      ],
      data: { file: line.file, line: line.line },
    },
  )

const alterSystemOff = (name: string): LifeboatError =>
  new LifeboatError('postgres/alter-system-off', `${name} cannot be set by ALTER SYSTEM: allow_alter_system is off`, {
    hints: ['name a file of an include_dir as destination, where the configuration is kept'],
  })

const SECRET = new Set(['primary_conninfo', 'ssl_passphrase_command'])

const change = (setting: Setting, before: string, after: string): Change => ({
  subject: setting.name,
  before,
  after,
  ...(SECRET.has(setting.name) ? { sensitive: true } : {}),
})

const readable = (setting: Setting, value: string): string =>
  setting.vartype === 'integer' && setting.unit !== null && /^-?\d+$/.test(value)
    ? formatNumericSetting(Number(value), setting.unit)
    : value

const defaultOf = (setting: Setting): string => readable(setting, setting.bootValue ?? '')
