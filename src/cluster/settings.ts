import type { Change } from '../base/change.ts'
import { LifeboatError } from '../base/errors.ts'
import { didYouMean } from '../base/nearest.ts'
import type { Session } from '../host/connection.ts'
import { relatedSettings } from './settings/archive-conflict.ts'
import type { SettingsWish } from './settings/plan.ts'
import { readSettings, type SettingsReading } from './settings/read.ts'
import { reloadConfiguration } from './settings/reload.ts'
import { includeDirectory, writeSettings } from './settings/write.ts'
import type { Sql } from './sql.ts'

export { planSettings, type SettingsWish, waitingForRestart } from './settings/plan.ts'
export { type FileLine, readSettings, type Setting, type SettingsReading } from './settings/read.ts'
export { reloadConfiguration } from './settings/reload.ts'

/** Settings and the wish they are compared with, its destination found. */
export interface InspectedSettings {
  readonly reading: SettingsReading
  readonly wish: SettingsWish
}

/**
 * Reads what `planSettings` needs. The destination is `auto` or the name of a file in the folder that the
 * configuration includes; where ALTER SYSTEM is forbidden (PostgreSQL 17), `auto` becomes `lifeboat.conf` in that
 * folder, if there is one (trap A12).
 *
 * @throws postgres/unknown-setting with the nearest known name, postgres/no-include-dir
 */
export const inspectSettings = async (session: Session, db: Sql, wish: SettingsWish): Promise<InspectedSettings> => {
  const names = Object.keys(wish.values)
  const reading = await readSettings(db, [...names, ...relatedSettings(names)])
  await checkKnown(db, reading, names)
  return { reading, wish: { ...wish, destination: await findDestination(session, reading, wish.destination) } }
}

/**
 * Writes changes that `planSettings` found and makes the server read them. Never restarts: what waits for that is told
 * by `waitingForRestart` on a reading taken afterwards.
 *
 * @throws postgres/sql, postgres/settings-file, postgres/broken-configuration
 */
export const applySettings = async (
  session: Session,
  db: Sql,
  wish: SettingsWish,
  changes: readonly Change[],
): Promise<void> => {
  await writeSettings(session, db, wish, changes)
  await reloadConfiguration(db)
}

const checkKnown = async (db: Sql, reading: SettingsReading, names: readonly string[]): Promise<void> => {
  const unknown = names.filter((name) => !reading.settings.has(name.toLowerCase()))
  if (unknown.length === 0) return
  const { rows } = await db.query<{ name: string }>('SELECT name FROM pg_settings')
  const known = rows.map((row) => row.name)
  throw new LifeboatError(
    'postgres/unknown-setting',
    `PostgreSQL ${reading.majorVersion} knows no setting ${unknown.map((name) => `"${name}"`).join(', ')}`,
    {
      hints: [
        ...unknown.flatMap((name) => didYouMean(name, known)),
        ...(unknown.some((name) => name.includes('.'))
          ? ['a setting of an extension is known once its library is in shared_preload_libraries and loaded']
          : []),
      ],
    },
  )
}

const findDestination = async (session: Session, reading: SettingsReading, wanted: string): Promise<string> => {
  if (wanted.startsWith('/')) return wanted
  if (wanted !== 'auto') return `${await includeDirectory(session, reading.configFile)}/${wanted}`
  if (reading.alterSystem) return 'auto'
  try {
    return `${await includeDirectory(session, reading.configFile)}/lifeboat.conf`
  } catch (error) {
    // Only a change needs a place: planSettings then says why there is none.
    if (error instanceof LifeboatError && error.code === 'postgres/no-include-dir') return 'auto'
    throw error
  }
}
