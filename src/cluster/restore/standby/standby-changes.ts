import type { Change } from '../../../base/change.ts'
import { describeConninfo, sameConninfo } from '../../../postgres/conninfo.ts'
import { formatLsn } from '../../../postgres/lsn.ts'
import type { StandbyLook } from './look.ts'
import type { Primary } from './primary.ts'
import type { StandbyWish } from './standby-wish.ts'

/** Subjects of the changes that leave the settings of a standby as they are. */
const SERVER = 'server'
const STREAMING = 'streaming'

/** What a restored cluster becomes, for the plan of a restore. */
export const becomingStandby = (wish: StandbyWish, primary: Primary | undefined): readonly Change[] => [
  { subject: 'standby', before: null, after: describeWay(wish) },
  ...newSlot(wish, primary),
  {
    subject: 'archive after promotion',
    before: null,
    after: wish.successorOf ?? 'none',
  },
]

const newSlot = (wish: StandbyWish, primary: Primary | undefined): readonly Change[] =>
  wish.createSlot && wish.slot !== undefined && primary?.slot === 'absent'
    ? [{ subject: `slot ${wish.slot} on the primary`, before: null, after: 'physical, keeps WAL from now on' }]
    : []

/** How a standby gets its WAL, in words. */
export const describeWay = ({ primary, slot }: StandbyWish): string => {
  if (primary === undefined) return 'replays the archive'
  return `streams from ${describeConninfo(primary)}${slot === undefined ? '' : `, slot ${slot}`}`
}

/**
 * What differs between a standby and the one that is wanted; empty for one that replays the archive or streams.
 *
 * @param replaying whether replay was seen to advance: then one that does not stream is on its way there
 */
export const standbyChanges = (look: StandbyLook, wish: StandbyWish, replaying: boolean): readonly Change[] => {
  if (look.server === 'stopped') return [{ subject: SERVER, before: 'stopped', after: 'a standby' }]
  if (look.server === 'silent') return [{ subject: SERVER, before: 'lets nobody in yet', after: 'a standby' }]
  const changes: Change[] = []
  if (!look.signal) changes.push({ subject: 'standby', before: 'recovery to a target', after: describeWay(wish) })
  const wanted = wish.primary ?? new Map<string, string>()
  if (!sameConninfo(look.conninfo, wanted)) {
    const words = (conninfo: StandbyLook['conninfo']): string | null =>
      conninfo.size === 0 ? null : describeConninfo(conninfo)
    changes.push({ subject: 'primary', before: words(look.conninfo), after: words(wanted) })
  }
  if (look.slot !== (wish.slot ?? '')) {
    changes.push({ subject: 'primary_slot_name', before: look.slot || null, after: wish.slot ?? null })
  }
  if (!look.passwordFits) {
    changes.push({ subject: 'password', before: 'another one', after: 'the one that is wanted', sensitive: true })
  }
  if (changes.length === 0 && wish.primary && !isStreaming(look, wish) && !replaying) {
    changes.push({ subject: STREAMING, before: look.receiver?.status ?? 'no', after: 'yes' })
  }
  return changes
}

/** Whether the standby receives WAL from its primary, through its slot where it has one. */
export const isStreaming = ({ receiver }: StandbyLook, { slot }: StandbyWish): boolean =>
  receiver?.status === 'streaming' && (slot === undefined || receiver.slot === slot)

/** Whether something else differs than that it does not run, or not stream yet. */
export const needsSettings = (changes: readonly Change[]): boolean =>
  changes.some(({ subject }) => subject !== STREAMING)

/** A standby for the result of a task. */
export const standbyFields = (look: StandbyLook): Readonly<Record<string, unknown>> => ({
  streaming: look.receiver?.status === 'streaming',
  replayed: look.replayed === undefined ? null : formatLsn(look.replayed),
  primary: look.conninfo.size === 0 ? null : describeConninfo(look.conninfo),
  slot: look.slot || null,
})
