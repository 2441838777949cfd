import { LifeboatError } from '../base/errors.ts'

const WRITE_IT = 'write it with an offset or a zone: 2026-11-22 09:30:00+08:00, or 2026-11-22 09:30:00 Asia/Shanghai'

/**
 * Reads a moment: date, time with up to 6 decimals, and an offset (`+08:00`, `-0330`, `Z`), `UTC`, or an IANA zone
 * (`Asia/Shanghai`). A text without one is refused, and so is an abbreviation: CST is three different zones (trap R8).
 *
 * @returns microseconds since 1970-01-01 00:00 UTC
 * @throws postgres/bad-target
 */
export const parseMoment = (text: string): bigint => {
  const match =
    /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?\s*(|[A-Za-z+-].*)$/.exec(text.trim()) ??
    fail(text, 'is not a date and a time')
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone = ''] = match
  const wall = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  const back = new Date(wall).toISOString()
  if (back.slice(0, 16) !== `${year}-${month}-${day}T${hour}:${minute}` || Number(second) > 59) {
    fail(text, 'is not a date and time that exists')
  }
  const micros = BigInt(fraction.padEnd(6, '0'))
  return BigInt(wall - offsetOf(text, zone, wall)) * 1000n + micros
}

/** Writes a moment as PostgreSQL reads it whatever its time zone: `2026-11-22 01:30:00.25+00`. */
export const formatUtc = (micros: bigint): string => {
  const seconds = micros >= 0n ? micros / 1_000_000n : -((-micros + 999_999n) / 1_000_000n)
  const fraction = (micros - seconds * 1_000_000n).toString().padStart(6, '0').replace(/0+$/, '')
  const [date, time] = new Date(Number(seconds) * 1000).toISOString().slice(0, 19).split('T')
  return `${date} ${time}${fraction === '' ? '' : `.${fraction}`}+00`
}

const fail = (text: string, what: string, ...hints: readonly string[]): never => {
  throw new LifeboatError('postgres/bad-target', `"${text}" ${what}`, { hints: [...hints, WRITE_IT] })
}

/** Milliseconds by which the wall clock of the zone is ahead of UTC at this wall time. */
const offsetOf = (text: string, zone: string, wall: number): number => {
  if (zone === '') fail(text, 'has no time zone', 'PostgreSQL would read it in the time zone of the restored server')
  if (/^(Z|UTC|GMT)$/i.test(zone)) return 0
  const offset = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone)
  if (offset) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3] ?? 0)
    if (Number(offset[2]) > 15 || Number(offset[3] ?? 0) > 59) fail(text, `has an impossible offset ${zone}`)
    return (offset[1] === '-' ? -minutes : minutes) * 60_000
  }
  // Without a slash it is an abbreviation (CST) or POSIX's notation, in which UTC+8 lies west of Greenwich.
  if (!/^[A-Za-z]+\/[A-Za-z0-9_+/-]+$/.test(zone)) fail(text, `has a time zone that is not unambiguous: ${zone}`)
  const offsets = offsetsAt(zone, wall) ?? fail(text, `names a time zone that does not exist: ${zone}`)
  const [first, second] = offsets
  if (first === undefined) return fail(text, `does not exist in ${zone}: clocks were put forward over it`)
  if (second !== undefined) return fail(text, `happened twice in ${zone}: clocks were put back`, 'give the offset')
  return first
}

/** The offsets, in milliseconds, with which the zone's clocks can show this wall time: one as a rule, none or two at a change. */
const offsetsAt = (zone: string, wall: number): number[] | undefined => {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    return undefined
  }
  const aheadAt = (instant: number): number => {
    const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
    const shown = Date.UTC(
      part.year ?? 0,
      (part.month ?? 1) - 1,
      part.day ?? 1,
      part.hour ?? 0,
      part.minute ?? 0,
      part.second ?? 0,
    )
    return shown - Math.floor(instant / 1000) * 1000
  }
  const day = 86_400_000
  const candidates = new Set([aheadAt(wall - day), aheadAt(wall + day)])
  return [...candidates].filter((offset) => aheadAt(wall - offset) === offset)
}
