import { LifeboatError } from '../base/errors.ts'
import { formatLsn, type Lsn, parseLsn } from './lsn.ts'
import { formatUtc, parseMoment } from './moment.ts'

/** Where recovery is to end (manual: Recovery Target). */
export type RecoveryTarget =
  | { readonly kind: 'latest' }
  | { readonly kind: 'immediate' }
  /** `at`: microseconds since 1970-01-01 UTC. */
  | { readonly kind: 'time'; readonly at: bigint }
  | { readonly kind: 'name'; readonly name: string }
  /** The 32 bits that the WAL knows; an epoch in front is cut off. */
  | { readonly kind: 'xid'; readonly xid: number }
  | { readonly kind: 'lsn'; readonly lsn: Lsn }

/** What recovery follows: the history of the newest timeline, the backup's own, or one named. */
export type TargetTimeline = 'latest' | 'current' | number

/** What follows at the target; `standby` is no word of PostgreSQL's: it pauses, and is then made to follow a primary. */
export type TargetAction = 'pause' | 'promote' | 'shutdown' | 'standby'

export interface RecoveryGoal {
  readonly target: RecoveryTarget
  /** Whether the transaction or record at the target is still replayed; only time, xid and lsn know it (trap R9). */
  readonly inclusive: boolean
  readonly timeline: TargetTimeline
  readonly action: TargetAction
}

/** A target in the user's words, as the variables of restore.yml name them. At most one of the first five. */
export interface RecoveryWish {
  readonly target?: 'latest' | 'immediate' | undefined
  readonly target_time?: string | undefined
  readonly target_name?: string | undefined
  readonly target_xid?: string | number | undefined
  readonly target_lsn?: string | undefined
  readonly target_inclusive?: boolean | undefined
  readonly target_timeline?: string | number | undefined
  readonly target_action?: TargetAction | undefined
}

/**
 * Understands a wished target. Nothing means the latest point. A time must carry an offset or an IANA zone: PostgreSQL
 * would read one without in the time zone of the restored server, in silence (trap R8).
 *
 * @throws postgres/bad-target
 */
export const parseRecoveryGoal = (wish: RecoveryWish): RecoveryGoal => {
  const target = parseTarget(wish)
  const knowsInclusive = target.kind === 'time' || target.kind === 'xid' || target.kind === 'lsn'
  if (wish.target_inclusive === false && !knowsInclusive) {
    throw bad(`target_inclusive: false means nothing for a target of kind ${target.kind}`, [
      'only target_time, target_xid and target_lsn can end before or after the point they name',
    ])
  }
  if (wish.target_action === 'standby' && target.kind !== 'latest') {
    throw bad(`target_action: standby goes on from the end of the archive, not from a target of kind ${target.kind}`, [
      'leave the target out; a copy of an earlier moment is paused, promoted or shut down there',
    ])
  }
  return {
    target,
    inclusive: wish.target_inclusive ?? true,
    timeline: parseTimeline(wish.target_timeline) ?? (target.kind === 'immediate' ? 'current' : 'latest'),
    action: wish.target_action ?? 'promote',
  }
}

/** Writes a target for a person: `time 2026-11-22 01:30:00+00`, `lsn 0/3000028`, `latest`. */
export const describeTarget = (target: RecoveryTarget): string => {
  const value = targetValue(target)
  return value === undefined ? target.kind : `${target.kind} ${value}`
}

/** The value of a target as PostgreSQL's setting takes it; undefined for latest and immediate. */
export const targetValue = (target: RecoveryTarget): string | undefined => {
  switch (target.kind) {
    case 'time':
      return formatUtc(target.at)
    case 'name':
      return target.name
    case 'xid':
      return String(target.xid)
    case 'lsn':
      return formatLsn(target.lsn)
    default:
      return undefined
  }
}

const parseTarget = (wish: RecoveryWish): RecoveryTarget => {
  const given = (['target', 'target_time', 'target_name', 'target_xid', 'target_lsn'] as const).filter((key) => {
    const value = wish[key]
    // An empty text is what a playbook's default leaves: nothing was asked.
    return value !== undefined && value !== ''
  })
  if (given.length > 1) {
    throw bad(`${given.join(' and ')} cannot ${given.length > 2 ? 'all' : 'both'} be the target`, [
      'give one of them; PostgreSQL accepts only one',
    ])
  }
  switch (given[0]) {
    case 'target':
      return { kind: wish.target === 'immediate' ? 'immediate' : 'latest' }
    case 'target_time':
      return { kind: 'time', at: parseMoment(wish.target_time ?? '') }
    case 'target_name':
      return { kind: 'name', name: parseName(wish.target_name ?? '') }
    case 'target_xid':
      return { kind: 'xid', xid: parseXid(String(wish.target_xid)) }
    case 'target_lsn':
      return { kind: 'lsn', lsn: parseLsn(wish.target_lsn ?? '') }
    default:
      return { kind: 'latest' }
  }
}

const parseName = (name: string): string => {
  const length = Buffer.byteLength(name)
  if (length <= 63) return name
  throw bad(`the name of the restore point has ${length} bytes; PostgreSQL allows 63`)
}

const FIRST_NORMAL_XID = 3

const parseXid = (text: string): number => {
  const value = /^\d+$/.test(text) ? BigInt(text) : undefined
  const xid = value === undefined || value >= 1n << 64n ? 0 : Number(value & 0xffffffffn)
  if (xid >= FIRST_NORMAL_XID) return xid
  throw bad(`"${text}" is not the number of a transaction`, [
    'write a decimal number, as pg_current_xact_id() gives it',
  ])
}

const parseTimeline = (timeline: string | number | undefined): TargetTimeline | undefined => {
  if (timeline === undefined || timeline === '') return undefined
  if (timeline === 'latest' || timeline === 'current') return timeline
  const text = String(timeline)
  const id = /^([1-9]\d*|0x[0-9A-Fa-f]+)$/.test(text) ? Number(text) : 0
  if (id >= 1 && id <= 0xffffffff) return id
  throw bad(`"${text}" is not a timeline`, [
    'write latest, current, or its number: decimal, or hexadecimal with 0x as file names have it',
  ])
}

const bad = (message: string, hints: readonly string[] = []): LifeboatError =>
  new LifeboatError('postgres/bad-target', message, { hints })
