import { LifeboatError } from '../../base/errors.ts'
import { formatLsn, type Lsn } from '../../postgres/lsn.ts'
import { describeTarget } from '../../postgres/recovery-target.ts'
import { backupEnd } from './backup-span.ts'
import type { Resolution } from './resolve-target.ts'
import type { RecoveryPoint } from './watch-recovery.ts'

// Between the end of a record and the next lies at most a header of a page, which has 24 or 40 bytes.
const BETWEEN_RECORDS = 64n

/**
 * Compares the point that was reached with the one that was resolved, by position: behind the record that was to be the
 * last, or right before the one at which recovery was to stop. PostgreSQL up to 12 promotes without a word where the
 * target was not found (trap R5).
 *
 * @throws restore/target-missed
 */
export const proveReached = (resolution: Resolution, point: RecoveryPoint): void => {
  const { goal, stop, reach, backup } = resolution
  const asked = describeTarget(goal.target)
  const { lsn } = point
  if (lsn === undefined) throw missed(asked, 'the server does not say what it replayed', point)
  if (goal.target.kind === 'immediate') {
    if (lsn >= backupEnd(backup)) return
    throw missed(asked, `it is before the end of the backup at ${backup.stop_lsn}`, point)
  }
  const before = goal.target.kind === 'time' || !goal.inclusive
  const wanted = stop?.lsn ?? reach
  if (before ? isRightBefore(lsn, wanted) : lsn > wanted) {
    if (point.log.stopped !== undefined || point.state === 'promoted') return
  }
  throw missed(asked, `it should end ${before ? 'right before' : 'behind'} the record at ${formatLsn(wanted)}`, point)
}

const isRightBefore = (lsn: Lsn, record: Lsn): boolean => lsn <= record && record - lsn <= BETWEEN_RECORDS

const missed = (asked: string, why: string, point: RecoveryPoint): LifeboatError => {
  const reached = point.lsn === undefined ? 'no position' : formatLsn(point.lsn)
  return new LifeboatError('restore/target-missed', `recovery to ${asked} ended at ${reached}: ${why}`, {
    hints: [
      ...(point.log.stopped ? [`PostgreSQL says: ${point.log.stopped}`] : []),
      ...(point.state === 'promoted' ? ['it has ended recovery by itself, which cannot be undone'] : []),
    ],
    data: { reached, state: point.state },
  })
}
