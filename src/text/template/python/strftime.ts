const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** A moment of a wall clock, in milliseconds as if the clock showed UTC. */
export interface WallClock {
  readonly wall: number
  readonly zone: string
  readonly offset: number
}

const pad = (value: number, width = 2, fill = '0'): string => String(value).padStart(width, fill)

/** Writes a time by the directives of strftime, in the C locale. */
export const formatTime = (format: string, clock: WallClock): string =>
  format.replace(/%(-?)([a-zA-Z%])/g, (whole, strip: string, letter: string) => {
    const text = directive(letter, clock)
    if (text === undefined) return whole
    return strip === '' ? text : text.replace(/^[0 ]+(?=\d)/, '')
  })

const directive = (letter: string, clock: WallClock): string | undefined => {
  const date = new Date(clock.wall)
  const day = date.getUTCDay()
  const hours = date.getUTCHours()
  switch (letter) {
    case 'Y':
      return pad(date.getUTCFullYear(), 4)
    case 'C':
      return pad(Math.floor(date.getUTCFullYear() / 100))
    case 'y':
      return pad(date.getUTCFullYear() % 100)
    case 'm':
      return pad(date.getUTCMonth() + 1)
    case 'd':
      return pad(date.getUTCDate())
    case 'e':
      return pad(date.getUTCDate(), 2, ' ')
    case 'H':
      return pad(hours)
    case 'I':
      return pad(hours % 12 || 12)
    case 'M':
      return pad(date.getUTCMinutes())
    case 'S':
      return pad(date.getUTCSeconds())
    case 'f':
      return pad(date.getUTCMilliseconds() * 1000, 6)
    case 'p':
      return hours < 12 ? 'AM' : 'PM'
    case 'A':
      return DAYS[day]
    case 'a':
      return DAYS[day]?.slice(0, 3)
    case 'B':
      return MONTHS[date.getUTCMonth()]
    case 'b':
    case 'h':
      return MONTHS[date.getUTCMonth()]?.slice(0, 3)
    case 'j':
      return pad(dayOfYear(date), 3)
    case 'u':
      return String(day || 7)
    case 'w':
      return String(day)
    case 'U':
      return pad(Math.floor((dayOfYear(date) + 6 - day) / 7))
    case 'W':
      return pad(Math.floor((dayOfYear(date) + 6 - ((day + 6) % 7)) / 7))
    case 'V':
    case 'G':
      return isoWeek(date, letter)
    case 's':
      return String(Math.floor((clock.wall - clock.offset * 60_000) / 1000))
    case 'Z':
      return clock.zone
    case 'z':
      return clock.zone === '' ? '' : zoneOffset(clock.offset)
    case 'F':
      return formatTime('%Y-%m-%d', clock)
    case 'T':
    case 'X':
      return formatTime('%H:%M:%S', clock)
    case 'R':
      return formatTime('%H:%M', clock)
    case 'D':
    case 'x':
      return formatTime('%m/%d/%y', clock)
    case 'c':
      return formatTime('%a %b %e %H:%M:%S %Y', clock)
    case 'n':
      return '\n'
    case 't':
      return '\t'
    case '%':
      return '%'
    default:
      return undefined
  }
}

const dayOfYear = (date: Date): number =>
  Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1

const isoWeek = (date: Date, letter: 'V' | 'G'): string => {
  const thursday = new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * 86_400_000)
  if (letter === 'G') return String(thursday.getUTCFullYear())
  return pad(Math.floor((dayOfYear(thursday) - 1) / 7) + 1)
}

const zoneOffset = (minutes: number): string => {
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}${pad(size % 60)}`
}
