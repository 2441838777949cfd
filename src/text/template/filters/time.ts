import type { Filter } from '../evaluate/world.ts'
import { formatTime } from '../python/strftime.ts'
import { DateTime, parseDateTime } from '../values/date-time.ts'
import { fail } from '../values/fail.ts'
import { flag, textOf, wantNumber } from './values.ts'

const strftime: Filter = (value, args, world) => {
  const [second = null, utc] = args.bind('second', 'utc')
  const seconds = second === null ? world.now().getTime() / 1000 : wantNumber(second, 'the seconds')
  return formatTime(textOf(value), DateTime.at(seconds, flag(utc)))
}

const toDateTime: Filter = (value, args) => {
  const [format = '%Y-%m-%d %H:%M:%S'] = args.bind('format')
  const parsed = parseDateTime(textOf(value), textOf(format))
  if (!parsed) {
    throw fail(`"${textOf(value)}" is not a time of the form "${textOf(format)}"`, [
      'give the form: to_datetime("%Y-%m-%d")',
    ])
  }
  return parsed
}

/** Filters that work on times. */
export const timeFilters: Readonly<Record<string, Filter>> = { strftime, to_datetime: toDateTime }
