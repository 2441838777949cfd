import { LifeboatError } from '../base/errors.ts'
import { formatLsn, type Lsn, parseLsn } from './lsn.ts'

/** One line of a history file: on `timeline` the server stayed until `end`, where it switched to the next one. */
export interface TimelineSwitch {
  readonly timeline: number
  readonly end: Lsn
  /** What PostgreSQL wrote behind it: `no recovery target specified`, `before 2026-11-22 …`. */
  readonly reason: string
}

/**
 * Reads a timeline history file (manual: Continuous Archiving, Timelines): a decimal timeline, the position at which
 * it was left and the reason, a line each, oldest first. Blank lines and `#` comments are skipped.
 *
 * @throws postgres/bad-history
 */
export const parseTimelineHistory = (text: string, name = 'history file'): TimelineSwitch[] => {
  const switches: TimelineSwitch[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    const match = /^\s*(\d+)\s+([0-9A-Fa-f]+\/[0-9A-Fa-f]+)(?:\s+(.*))?$/.exec(line)
    const timeline = Number(match?.[1] ?? 0)
    if (!match || timeline === 0) {
      throw new LifeboatError(
        'postgres/bad-history',
        `${name} line ${index + 1} is not a timeline and a position: "${line}"`,
      )
    }
    if (timeline <= (switches.at(-1)?.timeline ?? 0)) {
      throw new LifeboatError(
        'postgres/bad-history',
        `${name} line ${index + 1}: timelines must increase, ${timeline} does not`,
      )
    }
    switches.push({ timeline, end: parseLsn(match[2] ?? ''), reason: match[3] ?? '' })
  }
  return switches
}

/** Writes a history file as PostgreSQL does, decimal timelines and tabs. */
export const formatTimelineHistory = (switches: readonly TimelineSwitch[]): string =>
  switches.map(({ timeline, end, reason }) => `${timeline}\t${formatLsn(end)}\t${reason}\n`).join('')
