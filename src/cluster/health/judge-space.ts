import { formatDuration } from '../../base/duration.ts'
import { formatSize } from '../../base/size.ts'
import type { Space } from '../repository/space.ts'
import { type Check, checkOf, judgeLow, type Limits, worst } from './checks.ts'

/** A file system with the bytes a second that come to it. */
export interface FillingSpace extends Space {
  readonly rate: number
}

/** Seconds until a file system is full; undefined where nothing comes. */
export const timeToFull = ({ free, rate }: FillingSpace): number | undefined => (rate > 0 ? free / rate : undefined)

export interface SpaceLimits {
  /** Bytes. */
  readonly free: Limits
  /** Seconds. */
  readonly timeToFull: Limits
}

/**
 * Free space and the time until it is used up (trap A18).
 *
 * @param when under what circumstances it fills, for the message
 */
export const judgeSpace = (name: string, space: FillingSpace, limits: SpaceLimits, when: string): Check => {
  const left = timeToFull(space)
  const time = left === undefined ? '' : `; full in ${formatDuration(left)} ${when}`
  const words = `${formatSize(space.free)} of ${formatSize(space.total)} free${time}`
  const verdict = worst([
    judgeLow(space.free, limits.free),
    left === undefined ? 'pass' : judgeLow(left, limits.timeToFull),
  ])
  const hint = `${formatSize(Math.round(space.rate * 3600))} come in an hour`
  return checkOf(name, [{ verdict, words, hint }], words)
}
