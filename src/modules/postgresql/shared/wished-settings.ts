import { LifeboatError } from '../../../base/errors.ts'
import type { Rule } from '../../contract.ts'
import { atMostOne, fault, refusal } from '../../rules.ts'

/** Settings as a task gives them: by name, and one more by `name` and `value`. */
export interface WishedSettings {
  readonly settings?: Readonly<Record<string, unknown>> | undefined
  readonly name?: string | undefined
  readonly value?: unknown
  readonly reset: boolean
}

/** The values of settings as PostgreSQL writes them; null takes one out again. Assumes that `wishRules` were judged. */
export const wishedValues = (given: WishedSettings): Record<string, string | null> => {
  const named = given.name === undefined ? {} : { [given.name]: given.value }
  const all = Object.entries({ ...given.settings, ...named })
  return Object.fromEntries(all.map(([name, value]) => [name, given.reset ? null : settingText(name, value)]))
}

export const wishRules = (given: WishedSettings): Rule[] => [
  () =>
    given.name === undefined && Object.keys(given.settings ?? {}).length === 0
      ? fault(undefined, 'give settings, or name and value')
      : undefined,
  () => (given.value !== undefined && given.name === undefined ? fault('value', '"value" needs "name"') : undefined),
  () => (given.reset ? atMostOne(given, ['value', 'reset'])() : undefined),
  () =>
    given.name !== undefined && given.value === undefined && !given.reset
      ? refusal('name', () => refuseNoValue(given.name ?? ''))
      : undefined,
  () =>
    refusal('settings', () => {
      for (const [name, value] of Object.entries(given.settings ?? {})) settingText(name, value)
    }),
  () => refusal('value', () => settingText(given.name ?? '', given.value)),
]

const refuseNoValue = (name: string): never => {
  throw new LifeboatError('module/bad-parameter', `${name} has no value`, {
    hints: ['give value, or reset: true to take the setting out'],
  })
}

/** A value of YAML as PostgreSQL writes it; null stays null. */
const settingText = (name: string, value: unknown): string | null => {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value === 'number' || typeof value === 'string') return String(value)
  if (Array.isArray(value) && value.every((item) => typeof item === 'string' || typeof item === 'number')) {
    return value.join(', ')
  }
  throw new LifeboatError('module/bad-parameter', `the value of ${name} must be a text, a number, a boolean or a list`)
}
