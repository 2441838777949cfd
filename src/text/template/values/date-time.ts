import { formatTime } from '../python/strftime.ts'
import { str } from '../python/text.ts'
import { fail } from './fail.ts'
import { float } from './float.ts'
import { Callable, Instance } from './instance.ts'
import type { RuntimeValue } from './types.ts'

const two = (value: number): string => String(value).padStart(2, '0')

/** A moment as a wall clock shows it, without a zone: Python's datetime. Fields are kept as if they were UTC. */
export class DateTime extends Instance {
  readonly typeName = 'datetime'
  /** Milliseconds of the wall clock, read as UTC. */
  readonly wall: number
  readonly zone: string
  /** Minutes that the wall clock is before UTC. */
  readonly offset: number

  constructor(wall: number, zone = '', offset = 0) {
    super()
    this.wall = wall
    this.zone = zone
    this.offset = offset
  }

  /** A moment in seconds since 1970, as the clock of this machine or of UTC shows it. */
  static at(seconds: number, utc = false): DateTime {
    const date = new Date(seconds * 1000)
    if (utc) return new DateTime(date.getTime(), 'UTC', 0)
    const offset = -date.getTimezoneOffset()
    const zone = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(date)
    return new DateTime(
      date.getTime() + offset * 60_000,
      zone.find((part) => part.type === 'timeZoneName')?.value ?? '',
      offset,
    )
  }

  get date(): Date {
    return new Date(this.wall)
  }

  attribute(name: string): RuntimeValue | undefined {
    const date = this.date
    switch (name) {
      case 'year':
        return date.getUTCFullYear()
      case 'month':
        return date.getUTCMonth() + 1
      case 'day':
        return date.getUTCDate()
      case 'hour':
        return date.getUTCHours()
      case 'minute':
        return date.getUTCMinutes()
      case 'second':
        return date.getUTCSeconds()
      case 'microsecond':
        return date.getUTCMilliseconds() * 1000
      case 'strftime':
        return new Callable(name, (args) => formatTime(str(args.bind('format!')[0] as RuntimeValue), this))
      case 'isoformat':
        return new Callable(name, (args) => this.#iso(str(args.bind('sep')[0] ?? 'T')))
      case 'timestamp':
        return new Callable(name, () => float((this.wall - this.offset * 60_000) / 1000))
      case 'weekday':
        return new Callable(name, () => (date.getUTCDay() + 6) % 7)
      case 'isoweekday':
        return new Callable(name, () => date.getUTCDay() || 7)
      case 'date':
        return new Callable(name, () => formatTime('%Y-%m-%d', this))
      case 'time':
        return new Callable(name, () => formatTime('%H:%M:%S', this))
      default:
        return undefined
    }
  }

  text(): string {
    return this.#iso(' ')
  }

  order(other: Instance): number {
    if (other instanceof DateTime) return this.wall - other.wall
    throw fail('a time can only be ordered with a time')
  }

  minus(other: RuntimeValue): RuntimeValue {
    if (other instanceof DateTime) return new TimeDelta((this.wall - other.wall) / 1000)
    if (other instanceof TimeDelta) return new DateTime(this.wall - other.seconds * 1000, this.zone, this.offset)
    throw fail('only a time or a span of time can be taken from a time')
  }

  plus(other: RuntimeValue): RuntimeValue {
    if (other instanceof TimeDelta) return new DateTime(this.wall + other.seconds * 1000, this.zone, this.offset)
    throw fail('only a span of time can be added to a time')
  }

  #iso(separator: string): string {
    const milliseconds = this.date.getUTCMilliseconds()
    const fraction = milliseconds === 0 ? '' : `.${String(milliseconds).padStart(3, '0')}000`
    return formatTime(`%Y-%m-%d${separator}%H:%M:%S`, this) + fraction
  }
}

/** A span of time: what two times differ by. */
export class TimeDelta extends Instance {
  readonly typeName = 'timedelta'
  readonly seconds: number

  constructor(seconds: number) {
    super()
    this.seconds = seconds
  }

  attribute(name: string): RuntimeValue | undefined {
    const days = Math.floor(this.seconds / 86_400)
    if (name === 'days') return days
    if (name === 'seconds') return Math.floor(this.seconds - days * 86_400)
    if (name === 'microseconds') return Math.round((this.seconds - Math.floor(this.seconds)) * 1_000_000)
    return name === 'total_seconds' ? new Callable(name, () => float(this.seconds)) : undefined
  }

  text(): string {
    const days = Math.floor(this.seconds / 86_400)
    const rest = Math.floor(this.seconds - days * 86_400)
    const clock = `${Math.floor(rest / 3600)}:${two(Math.floor((rest % 3600) / 60))}:${two(rest % 60)}`
    return days === 0 ? clock : `${days} day${Math.abs(days) === 1 ? '' : 's'}, ${clock}`
  }

  order(other: Instance): number {
    if (other instanceof TimeDelta) return this.seconds - other.seconds
    throw fail('a span of time can only be ordered with a span of time')
  }
}

const FIELDS: Readonly<Record<string, string>> = {
  Y: '(?<Y>\\d{4})',
  m: '(?<m>\\d{1,2})',
  d: '(?<d>\\d{1,2})',
  H: '(?<H>\\d{1,2})',
  M: '(?<M>\\d{1,2})',
  S: '(?<S>\\d{1,2})',
  f: '(?<f>\\d{1,6})',
  y: '(?<y>\\d{2})',
  j: '(?<j>\\d{1,3})',
  z: '(?<z>[-+]\\d{2}:?\\d{2}|Z)',
  b: '(?<b>[A-Za-z]{3})',
  B: '(?<B>[A-Za-z]+)',
  '%': '%',
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** Reads a time by a format of Python's strptime; undefined where the text has another form. */
export const parseDateTime = (text: string, format: string): DateTime | undefined => {
  const expanded = format.replaceAll('%T', '%H:%M:%S').replaceAll('%F', '%Y-%m-%d')
  const pattern = expanded.replace(/%(.)|[.*+?^${}()|[\]\\]/g, (piece, letter?: string) => {
    if (letter === undefined) return `\\${piece}`
    if (FIELDS[letter] === undefined) throw fail(`%${letter} cannot be read as a part of a time`)
    return FIELDS[letter]
  })
  const groups = new RegExp(`^${pattern}$`).exec(text)?.groups
  if (!groups) return undefined
  const number = (name: string, otherwise: number): number => Number(groups[name] ?? otherwise)
  const name = (groups.b ?? groups.B ?? '').slice(0, 3).toLowerCase()
  const month = name === '' ? number('m', 1) : MONTHS.indexOf(name) + 1
  const year = groups.y === undefined ? number('Y', 1900) : number('y', 0) + (number('y', 0) < 69 ? 2000 : 1900)
  const day = groups.j === undefined ? number('d', 1) : number('j', 1)
  const milliseconds = Number((groups.f ?? '0').padEnd(6, '0')) / 1000
  const wall = Date.UTC(
    year,
    groups.j === undefined ? month - 1 : 0,
    day,
    number('H', 0),
    number('M', 0),
    number('S', 0),
  )
  const valid = month >= 1 && month <= 12 && number('H', 0) < 24 && number('M', 0) < 60 && number('S', 0) < 62
  if (!valid || (groups.j === undefined && new Date(wall).getUTCDate() !== day)) return undefined
  return new DateTime(wall + milliseconds)
}
