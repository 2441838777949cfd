import { LifeboatError } from '../base/errors.ts'
import { didYouMean } from '../base/nearest.ts'
import { parseNumericSetting, unitsFor } from './units.ts'

/** What pg_settings says of a setting, as far as its values can be compared and checked with it. */
export interface SettingType {
  readonly name: string
  readonly vartype: 'bool' | 'integer' | 'real' | 'enum' | 'string'
  /** Base unit: `kB`, `8kB`, `ms`, …; null where there is none. */
  readonly unit: string | null
  readonly enumvals: readonly string[] | null
  /** `min_val` and `max_val`, in base units. */
  readonly min: string | null
  readonly max: string | null
}

// GUC_LIST_INPUT in guc_tables.c: white space around the commas does not matter.
const LISTS = new Set([
  'createrole_self_grant',
  'datestyle',
  'debug_io_direct',
  'io_direct',
  'listen_addresses',
  'local_preload_libraries',
  'log_destination',
  'oauth_validator_libraries',
  'restrict_nonsystem_relation_kind',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'synchronized_standby_slots',
  'synchronous_standby_names',
  'temp_tablespaces',
  'unix_socket_directories',
  'wal_consistency_checking',
])

// GUC_LIST_QUOTE: ALTER SYSTEM quotes each item, and one text with commas in it would become a single name.
const QUOTED_LISTS = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
])

// Words that are accepted and shown as another one.
const ENUM_ALIASES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  wal_level: { archive: 'replica', hot_standby: 'replica' },
  wal_compression: { on: 'pglz' },
}

/** Whether a setting holds a list whose items ALTER SYSTEM must be given one by one. */
export const isQuotedList = (name: string): boolean => QUOTED_LISTS.has(name.toLowerCase())

/** Items of a list setting: split at commas outside double quotes, trimmed, quotes taken off. */
export const splitList = (value: string): string[] =>
  [...value.matchAll(/\s*("(?:[^"]|"")*"|[^,"]*)\s*(?:,|$)/g)]
    .map((match) => (match[1] ?? '').trim())
    .filter((item) => item !== '')
    .map((item) => (item.startsWith('"') ? item.slice(1, -1).replaceAll('""', '"') : item))

/**
 * Whether two ways to write a value mean the same to PostgreSQL: `1GB` and `1048576kB`, `60s` and `1min`, `on` and
 * `true`, `Replica` and `replica`, `a, b` and `a,b` in a list.
 */
export const sameSettingValue = (a: string, b: string, type: SettingType): boolean => {
  if (a === b) return true
  const left = canonical(a, type)
  return left !== undefined && left === canonical(b, type)
}

/**
 * Checks a value against the type of its setting before anything is changed.
 *
 * @throws postgres/bad-setting
 */
export const checkSettingValue = (value: string, type: SettingType): void => {
  const meaning = canonical(value, type)
  if (meaning === undefined) throw bad(type, value, expectation(type), enumHints(value, type))
  if (typeof meaning !== 'number') return
  const outside = (type.min !== null && meaning < Number(type.min)) || (type.max !== null && meaning > Number(type.max))
  if (outside)
    throw bad(type, value, `it must lie between ${type.min} and ${type.max}${type.unit ? ` (in ${type.unit})` : ''}`)
}

/** A value in the one form in which equal values are equal; undefined where the type does not allow it. */
const canonical = (value: string, type: SettingType): string | number | boolean | undefined => {
  switch (type.vartype) {
    case 'bool':
      return parseBoolean(value)
    case 'integer':
    case 'real':
      return parseNumericSetting(value, type.unit ?? undefined, type.vartype === 'integer')
    case 'enum':
      return canonicalEnum(value, type)
    case 'string':
      return LISTS.has(type.name.toLowerCase()) ? splitList(value).join('\n') : value
  }
}

/** Reads a boolean as PostgreSQL does: any unambiguous beginning of on, off, true, false, yes, no; 1 and 0. */
export const parseBoolean = (text: string): boolean | undefined => {
  const word = text.trim().toLowerCase()
  if (word === '') return undefined
  if ('true'.startsWith(word) || 'yes'.startsWith(word) || word === 'on' || word === '1') return true
  if ('false'.startsWith(word) || 'no'.startsWith(word) || word === 'of' || word === 'off' || word === '0') return false
  return undefined
}

const canonicalEnum = (value: string, type: SettingType): string | undefined => {
  const word = value.toLowerCase()
  const known = type.enumvals ?? []
  const alias = ENUM_ALIASES[type.name.toLowerCase()]
  if (alias && Object.hasOwn(alias, word)) return alias[word]
  const found = known.find((candidate) => candidate.toLowerCase() === word)
  if (found !== undefined) return found
  // Settings that were boolean once still take the other words for on and off.
  const boolean = /^(true|yes|1)$/.test(word) ? 'on' : /^(false|no|0)$/.test(word) ? 'off' : undefined
  if (boolean === undefined || !known.includes('off')) return undefined
  return alias?.[boolean] ?? boolean
}

const expectation = (type: SettingType): string => {
  if (type.vartype === 'bool') return 'it must be on or off'
  if (type.vartype === 'enum') return `it must be one of ${(type.enumvals ?? []).join(', ')}`
  const what = type.vartype === 'integer' ? 'a whole number' : 'a number'
  return type.unit === null
    ? `it must be ${what}`
    : `it must be ${what}, alone (in ${type.unit}) or with a unit: ${unitsFor(type.unit).join(', ')}`
}

const enumHints = (value: string, type: SettingType): string[] =>
  type.vartype === 'enum' ? didYouMean(value, type.enumvals ?? []) : []

const bad = (type: SettingType, value: string, why: string, hints: readonly string[] = []): LifeboatError =>
  new LifeboatError('postgres/bad-setting', `"${value}" is not a value for ${type.name}: ${why}`, { hints })
