import { LifeboatError } from '../../base/errors.ts'
import type { SettingsWish } from './plan.ts'
import type { SettingsReading } from './read.ts'

const PAIR = ['archive_command', 'archive_library'] as const

/** Settings that must be read beside those of a wish, so that a conflict can be seen before it is made. */
export const relatedSettings = (names: readonly string[]): string[] =>
  names.some((name) => (PAIR as readonly string[]).includes(name.toLowerCase())) ? [...PAIR] : []

/**
 * Refuses a wish after which archive_command and archive_library would both be set: PostgreSQL 15 silently prefers the
 * library, so that the command never runs, and newer ones stop archiving with an error (trap A7).
 *
 * @throws postgres/archive-conflict
 */
export const checkArchiveConflict = (reading: SettingsReading, wish: SettingsWish): void => {
  const after = PAIR.map((name) => {
    if (Object.hasOwn(wish.values, name)) return wish.values[name] ?? ''
    const line = reading.lines.filter((candidate) => candidate.name === name && candidate.value !== null).at(-1)
    return line?.value ?? reading.settings.get(name)?.bootValue ?? ''
  })
  const touched = PAIR.some((name) => typeof wish.values[name] === 'string' && wish.values[name] !== '')
  if (!touched || after.some((value) => value === '')) return
  throw new LifeboatError('postgres/archive-conflict', 'archive_command and archive_library cannot both be set', {
    hints: [
      `archive_command = ${after[0]}`,
      `archive_library = ${after[1]}`,
      'set the one that shall not be used to an empty text',
    ],
  })
}
