import { isMapping } from '../values/dict.ts'
import { fail } from '../values/fail.ts'
import { Float, isNumber, numberOf } from '../values/float.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { getKey } from './mapping.ts'
import { formatNumber, type NumberFormat } from './number-format.ts'
import { repr, str } from './text.ts'
import { kindOf } from './type-name.ts'

const DIRECTIVE = /%(?:\(([^)]*)\))?([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d+))?[hlL]?(.)?/gs

/**
 * Python's `'…' % values`: `%s %r %d %i %u %x %X %o %f %F %e %E %g %G %c %%` with flags, width and precision, and
 * `%(name)s` out of a mapping.
 *
 * @throws template/bad-value when values are missing, left over or of the wrong kind
 */
export const formatPercent = (format: string, values: RuntimeValue): string => {
  const list = values instanceof Tuple ? values.items : [values]
  let next = 0
  let named = false
  const take = (): RuntimeValue => {
    if (next >= list.length) throw fail(`the format "${format}" needs more values than the ${list.length} given`)
    return list[next++] as RuntimeValue
  }
  const text = format.replace(DIRECTIVE, (_, name, flags: string, width, precision, type) => {
    if (type === '%') return '%'
    const spec = { flags, width: size(width, take), precision: size(precision, take), type: type ?? '' }
    if (name !== undefined) named = true
    return formatOne(spec, name === undefined ? take() : byName(values, name), format)
  })
  if (!named && next < list.length && !(list.length === 1 && isMapping(values))) {
    throw fail(`the format "${format}" does not use all of the ${list.length} values given`)
  }
  return text
}

interface Directive {
  readonly flags: string
  readonly width: number | undefined
  readonly precision: number | undefined
  readonly type: string
}

const size = (text: string | undefined, take: () => RuntimeValue): number | undefined =>
  text === undefined ? undefined : text === '*' ? Number(take()) : Number(text)

const byName = (values: RuntimeValue, name: string): RuntimeValue => {
  const value = isMapping(values) ? getKey(values, name) : undefined
  if (value === undefined) throw fail(`the format names "${name}", which the values do not have`)
  return value
}

const formatOne = (directive: Directive, value: RuntimeValue, format: string): string => {
  const { flags, width = 0, precision, type } = directive
  const left = flags.includes('-')
  const pad = (text: string): string => (left ? text.padEnd(width) : text.padStart(width))
  if (type === 's' || type === 'r' || type === 'a') {
    const text = type === 's' ? str(value) : repr(value)
    return pad(precision === undefined ? text : text.slice(0, precision))
  }
  if (type === 'c') return pad(typeof value === 'string' ? value : String.fromCodePoint(Number(value)))
  if (!'diuxXofFeEgG'.includes(type) || type === '') {
    throw fail(`the format "${format}" has an unknown directive %${type}`, ['write %% for a percent sign'])
  }
  return formatNumber(numberFormat(directive, left), wantNumber(value, type, format))
}

const numberFormat = ({ flags, width = 0, precision, type }: Directive, left: boolean): NumberFormat => ({
  type: type === 'i' || type === 'u' ? 'd' : type,
  sign: flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '-',
  alternate: flags.includes('#'),
  fill: flags.includes('0') && !left ? '0' : ' ',
  align: left ? '<' : flags.includes('0') ? '=' : '>',
  width,
  precision,
  grouping: '',
})

const wantNumber = (value: RuntimeValue, type: string, format: string): number | bigint => {
  if (typeof value === 'boolean') return Number(value)
  if (!isNumber(value))
    throw fail(`%${type} in "${format}" needs a number, not ${kindOf(value)}`, ['use the filter int'])
  if (typeof value === 'bigint') return value
  const number = value instanceof Float ? value.value : numberOf(value)
  return 'diuxXo'.includes(type) ? Math.trunc(number) : number
}
