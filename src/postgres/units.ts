/**
 * Values of numeric settings with their units (manual: Setting Parameters, Names and Values; convert_to_base_unit in
 * guc.c). Names of units are case-sensitive, as in PostgreSQL.
 */

const MEMORY: Readonly<Record<string, number>> = { B: 1, kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 }
/** Microseconds. */
const TIME: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1000,
  s: 1_000_000,
  min: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
}

/** Units that may be written for a setting whose base unit is `unit` (`8kB`, `ms`, …), for messages. */
export const unitsFor = (unit: string): string[] =>
  factorOf(unit, MEMORY) === undefined ? Object.keys(TIME) : Object.keys(MEMORY)

/**
 * Reads the value of a numeric setting, in multiples of its base unit.
 *
 * @param unit base unit as pg_settings has it: `kB`, `8kB`, `ms`, `min`, …; undefined for a setting without one
 * @returns undefined where the text is not a number, or has a unit that does not fit
 */
export const parseNumericSetting = (text: string, unit: string | undefined, integer: boolean): number | undefined => {
  const match = /^\s*([+-]?)(0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([a-zA-Z]*)\s*$/.exec(text)
  if (!match) return undefined
  const sign = match[1] === '-' ? -1 : 1
  const amount = sign * magnitude(match[2] ?? '', integer)
  const written = match[3] ?? ''
  if (Number.isNaN(amount)) return undefined
  if (written === '') return integer ? Math.round(amount) : amount
  const value = convert(amount, written, unit)
  return value === undefined ? undefined : integer ? Math.round(value) : value
}

/** Writes a number of base units for a person in the largest unit that divides it: 131072 of `8kB` → `1GB`. */
export const formatNumericSetting = (value: number, unit: string | undefined): string => {
  if (unit === undefined || value <= 0 || !Number.isInteger(value)) return String(value) + suffixOf(value, unit)
  for (const table of [MEMORY, TIME]) {
    const factor = factorOf(unit, table)
    if (factor === undefined) continue
    for (const [name, size] of Object.entries(table).reverse()) {
      if ((value * factor) % size === 0) return `${(value * factor) / size}${name}`
    }
  }
  return String(value)
}

// -1 and 0 are special values of many settings: a unit behind them would say something else.
const suffixOf = (value: number, unit: string | undefined): string =>
  unit === undefined || value <= 0 || /^\d/.test(unit) ? '' : unit

// Whole numbers follow C: 0x begins hexadecimal, 0 octal.
const magnitude = (text: string, integer: boolean): number => {
  if (/^0x/i.test(text)) return Number.parseInt(text, 16)
  if (integer && /^0\d+$/.test(text)) return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN
  return Number(text)
}

/** Size of one base unit in the smallest unit of the table: `8kB` is 8192 bytes. */
const factorOf = (unit: string, table: Readonly<Record<string, number>>): number | undefined => {
  const match = /^(\d*)([A-Za-z]+)$/.exec(unit)
  const size = match && Object.hasOwn(table, match[2] ?? '') ? table[match[2] ?? ''] : undefined
  return size === undefined ? undefined : size * Number(match?.[1] || 1)
}

const convert = (amount: number, written: string, unit: string | undefined): number | undefined => {
  if (unit === undefined) return undefined
  for (const table of [MEMORY, TIME]) {
    const base = factorOf(unit, table)
    if (base === undefined) continue
    const size = Object.hasOwn(table, written) ? table[written] : undefined
    if (size === undefined) return undefined
    // A fraction is first rounded to the next smaller unit: 30.1GB counts whole MB.
    const smaller = Math.max(...Object.values(table).filter((other) => other < size), 0)
    const exact = smaller > 0 ? Math.round((amount * size) / smaller) * smaller : amount * size
    return exact / base
  }
  return undefined
}
