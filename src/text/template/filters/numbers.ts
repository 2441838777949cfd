import { reach } from '../evaluate/access.ts'
import type { Filter } from '../evaluate/world.ts'
import { calculate, signed } from '../python/arithmetic.ts'
import { order } from '../python/compare.ts'
import { itemsOf } from '../python/iterate.ts'
import { repr } from '../python/text.ts'
import { fail } from '../values/fail.ts'
import { float, integer, isFloat, isInteger, isNumber, numberOf } from '../values/float.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import { flag, textOf, wantNumber } from './values.ts'

const int: Filter = (value, args) => {
  const [otherwise = 0, base = 10] = args.bind('default', 'base')
  if (value instanceof Undefined) throw value.toError()
  if (typeof value === 'boolean') return Number(value)
  if (isInteger(value)) return value
  if (isNumber(value))
    return Number.isFinite(numberOf(value)) ? integer(BigInt(Math.trunc(numberOf(value)))) : otherwise
  if (typeof value !== 'string') return otherwise
  return parseInteger(value.trim(), Number(base)) ?? truncated(value.trim()) ?? otherwise
}

const parseInteger = (text: string, base: number): RuntimeValue | undefined => {
  const [, sign = '', body = ''] = /^([-+]?)(.*)$/s.exec(text.toLowerCase().replace(/(?<=\w)_(?=\w)/g, '')) ?? []
  const prefix = { 16: '0x', 8: '0o', 2: '0b' }[base]
  const digits = prefix && body.startsWith(prefix) ? body.slice(2) : body
  const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, base)
  if (digits === '' || Array.from(digits).some((digit) => !alphabet.includes(digit))) return undefined
  let result = 0n
  for (const digit of digits) result = result * BigInt(base) + BigInt(alphabet.indexOf(digit))
  return integer(sign === '-' ? -result : result)
}

const truncated = (text: string): RuntimeValue | undefined => {
  const number = parseFloatText(text)
  return number === undefined || !Number.isFinite(number) ? undefined : integer(BigInt(Math.trunc(number)))
}

const parseFloatText = (text: string): number | undefined => {
  const lower = text.trim().toLowerCase()
  if (/^[-+]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(e[-+]?\d+)?$/.test(lower)) return Number(lower.replaceAll('_', ''))
  if (/^[-+]?inf(inity)?$/.test(lower))
    return lower.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return /^[-+]?nan$/.test(lower) ? Number.NaN : undefined
}

const toFloat: Filter = (value, args) => {
  const [otherwise = float(0)] = args.bind('default')
  if (value instanceof Undefined) throw value.toError()
  if (isNumber(value) || typeof value === 'boolean') return float(numberOf(value))
  const number = typeof value === 'string' ? parseFloatText(value) : undefined
  return number === undefined ? otherwise : float(number)
}

const abs: Filter = (value) => {
  const positive = signed('+', value)
  return order(positive, 0) < 0 ? signed('-', positive) : positive
}

const round: Filter = (value, args) => {
  const [precision = 0, method = 'common'] = args.bind('precision', 'method')
  const number = wantNumber(value, 'what is rounded')
  const digits = wantNumber(precision, 'the precision')
  const scale = 10 ** digits
  if (method === 'ceil') return float(Math.ceil(number * scale) / scale)
  if (method === 'floor') return float(Math.floor(number * scale) / scale)
  if (method !== 'common') throw fail(`round has no method ${repr(method)}`, ['its methods: common, ceil, floor'])
  const rounded = roundHalfEven(number, digits)
  return isFloat(value) || digits > 0 ? float(rounded) : isInteger(value) ? rounded : float(rounded)
}

/** Python's round: a half goes to the even neighbour; decided on the exact decimal value of the number. */
const roundHalfEven = (number: number, digits: number): number => {
  if (!Number.isFinite(number)) return number
  if (digits < 0) return roundHalfEven(number * 10 ** digits, 0) * 10 ** -digits
  const exact = exactDecimal(number)
  const [whole = '0', fraction = ''] = exact.replace('-', '').split('.')
  const kept = whole + fraction.slice(0, digits).padEnd(digits, '0')
  const rest = fraction.slice(digits)
  const half = `5${'0'.repeat(Math.max(0, rest.length - 1))}`
  let scaled = BigInt(kept)
  if (rest !== '' && (rest > half || (rest === half && scaled % 2n === 1n))) scaled += 1n
  const text = scaled.toString().padStart(digits + 1, '0')
  const result = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
  return Number(number < 0 ? `-${result}` : result)
}

/** All decimal digits of a double: its binary fraction written out. */
const exactDecimal = (number: number): string => {
  const size = Math.abs(number)
  if (size >= 1e21) return BigInt(size).toString()
  return size.toFixed(60).replace(/0+$/, '')
}

const sum: Filter = (value, args) => {
  const [attribute = null, start = 0] = args.bind('attribute', 'start')
  return itemsOf(value)
    .map((item) => (attribute === null ? item : attributeOrFail(item, attribute)))
    .reduce((total, item) => calculate('+', total, item), start)
}

const attributeOrFail = (item: RuntimeValue, attribute: RuntimeValue): RuntimeValue => {
  const found = reach(item, attribute)
  if (found === undefined) throw fail(`an item has no ${repr(attribute)}`, [], 'template/undefined-variable')
  return found
}

const extreme =
  (sign: 1 | -1): Filter =>
  (value, args) => {
    const [caseSensitive, attribute = null] = args.bind('case_sensitive', 'attribute')
    const key = (item: RuntimeValue): RuntimeValue => {
      const part = attribute === null ? item : attributeOrFail(item, attribute)
      return typeof part === 'string' && attribute !== null && !flag(caseSensitive) ? part.toLowerCase() : part
    }
    const items = itemsOf(value)
    if (items.length === 0) {
      return new Undefined('the extreme of an empty list', () => ({ message: 'an empty list has neither min nor max' }))
    }
    return items.reduce((best, item) => (sign * order(key(item), key(best)) > 0 ? item : best))
  }

const logarithm: Filter = (value, args) => {
  const [base = Math.E] = args.bind('base')
  const number = wantNumber(value, 'the number')
  const by = wantNumber(base, 'the base')
  return float(
    by === 10
      ? Math.log10(number)
      : by === 2
        ? Math.log2(number)
        : Math.log(number) / (by === Math.E ? 1 : Math.log(by)),
  )
}

const power: Filter = (value, args) => {
  const [by] = args.bind('y!')
  return float(wantNumber(value, 'the base') ** wantNumber(by, 'the power'))
}

const root: Filter = (value, args) => {
  const [base = 2] = args.bind('base')
  const number = wantNumber(value, 'the number')
  const by = wantNumber(base, 'the root')
  return float(by === 2 ? Math.sqrt(number) : number ** (1 / by))
}

const UNITS = ['', 'K', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'] as const

const humanReadable: Filter = (value, args) => {
  const [isBits, unit = null] = args.bind('isbits', 'unit')
  const number = wantNumber(value, 'the size')
  const suffix = flag(isBits) ? 'bits' : 'Bytes'
  const wanted = unit === null ? undefined : textOf(unit).toUpperCase()
  for (let power = UNITS.length - 1; power > 0; power--) {
    const letter = UNITS[power] as string
    if (wanted === undefined ? number >= 1024 ** power : wanted.startsWith(letter)) {
      return `${(number / 1024 ** power).toFixed(2)} ${letter}${flag(isBits) ? 'b' : 'B'}`
    }
  }
  return `${number.toFixed(2)} ${suffix}`
}

const humanToBytes: Filter = (value, args) => {
  const [defaultUnit = null, isBits] = args.bind('default_unit', 'isbits')
  const match = /^\s*([\d.,]*\d)\s*([A-Za-z]+)?\s*$/.exec(textOf(value))
  if (!match) throw fail(`${repr(value)} is not a size`, ['write a number and a unit: 10 MB, 1.5G'])
  const unit = match[2] ?? (defaultUnit === null ? 'B' : textOf(defaultUnit))
  const power = (UNITS as readonly string[]).indexOf(unit.charAt(0).toUpperCase())
  const known = /^([kmgtpezy])?(b|byte|bytes|bit|bits|i?b)?$/i.test(unit)
  if (!known) throw fail(`"${unit}" is not a unit of size`, ['units: B, KB, MB, GB, TB, PB'])
  if (flag(isBits) && unit.endsWith('B')) throw fail(`"${unit}" counts bytes, not bits`)
  return Math.round(Number((match[1] as string).replaceAll(',', '')) * 1024 ** Math.max(0, power))
}

/** Filters that make or work on numbers. */
export const numberFilters: Readonly<Record<string, Filter>> = {
  int,
  float: toFloat,
  abs,
  round,
  sum,
  min: extreme(-1),
  max: extreme(1),
  log: logarithm,
  pow: power,
  root,
  human_readable: humanReadable,
  human_to_bytes: humanToBytes,
  filesizeformat: (value, args) => fileSize(value, flag(args.bind('binary')[0])),
}

const fileSize = (value: RuntimeValue, binary: boolean): string => {
  const bytes = wantNumber(value, 'the size')
  const base = binary ? 1024 : 1000
  if (bytes === 1) return '1 Byte'
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`
  const names = binary
    ? ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB']
    : ['kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB']
  const power = Math.min(names.length, Math.max(1, Math.floor(Math.log(bytes) / Math.log(base))))
  return `${(bytes / base ** power).toFixed(1)} ${names[power - 1]}`
}
