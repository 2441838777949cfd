import type { Change } from '../../base/change.ts'
import type { HostState } from './host-state.ts'
import type { RestoreRecord } from './restore-record.ts'
import { askedFor, type RestoreWish } from './restore-wish.ts'
import { describeWay } from './standby/standby-changes.ts'

/** What makes a restore the same as one that was done. */
export interface WantedRestore {
  /** The cluster's folder in the repository. */
  readonly source: string
  readonly own: boolean
  readonly wish: RestoreWish
}

/**
 * The record of the very restore that is wanted, when it was done here and the cluster still is that restore: same
 * source, same target in the user's words, same system, and a timeline that came from it.
 *
 * @returns undefined where the data directory holds something else
 */
export const restoredAlready = (host: HostState, wanted: WantedRestore): RestoreRecord | undefined => {
  const { record, control } = host
  if (!record || !control || record.state === 'verified' || record.state === 'recovering') return undefined
  const asked = askedFor(wanted.wish)
  const same =
    record.source === wanted.source &&
    record.own === wanted.own &&
    record.system_identifier === control.systemIdentifier &&
    sameTexts(record.asked, asked) &&
    (record.new_timeline === null || control.timeline >= record.timeline)
  if (!same) return undefined
  // Once promoted, it cannot be paused or shut down at the target any more: that is another restore. A standby has gone
  // on beyond it.
  const action = wanted.wish.target_action ?? 'promote'
  const promoted = record.state === 'done' || record.state === 'promoted'
  if (promoted && action !== 'promote') return undefined
  return record.state === 'standby' && action !== 'standby' ? undefined : record
}

/**
 * Whether the latest state of another cluster is wanted even where it was restored once: its archive may have grown.
 * Only `replace` says that what is here may go for it.
 */
export const mayHaveGrown = (wanted: WantedRestore): boolean => {
  const { target, target_time, target_name, target_xid, target_lsn } = wanted.wish
  return (
    !wanted.own &&
    wanted.wish.replace &&
    target !== 'immediate' &&
    !target_time &&
    !target_name &&
    !target_xid &&
    !target_lsn
  )
}

/** What is still to be done for a restore that has reached its target. */
export const remainingChanges = (record: RestoreRecord, host: HostState, wish: RestoreWish): readonly Change[] => {
  const { reached, state } = record
  const action = wish.target_action ?? 'promote'
  const running = host.servers.length > 0
  const is = state === 'paused' && !running ? 'stopped' : state
  const recovery = (after: string): Change => ({
    subject: 'recovery',
    before: `${is} at ${reached?.lsn ?? '?'}`,
    after,
  })
  const changes: Change[] = []
  if (action === 'promote' && state !== 'done') changes.push(recovery('promoted'))
  if (action === 'pause' && is !== 'paused') changes.push(recovery('paused'))
  if (wish.standby && state !== 'standby') changes.push(recovery(`a standby, ${describeWay(wish.standby)}`))
  if (action === 'shutdown' && is === 'paused') changes.push(recovery('shut down'))
  if (action === 'promote' && wish.release && record.locked) {
    changes.push({
      subject: 'access',
      before: 'only the owner, through the local socket',
      after: 'as pg_hba.conf says',
    })
  }
  return changes
}

const sameTexts = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([key, value]) => b[key] === value)
