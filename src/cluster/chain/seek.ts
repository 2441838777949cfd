import { formatLsn, type Lsn } from '../../postgres/lsn.ts'
import { formatUtc } from '../../postgres/moment.ts'
import type { RecoveryTarget } from '../../postgres/recovery-target.ts'

/** What is looked for while WAL is read: the record at which recovery to a target stops. */
export interface Seek {
  readonly kind: 'time' | 'name' | 'xid' | 'lsn'
  /** As the lines of pg_waldump have it, for comparison as text. */
  readonly value: string
  /** For a time: whether a transaction at that very moment is still wanted, so that the stop comes after it. */
  readonly inclusive: boolean
  /** Records before it do not count: the end of the backup, before which recovery cannot stop (trap R6). */
  readonly from: Lsn
}

/** What to look for to find a target; undefined for those that are no record of their own. */
export const seekFor = (target: RecoveryTarget, inclusive: boolean, from: Lsn): Seek | undefined => {
  switch (target.kind) {
    case 'time':
      return { kind: 'time', value: waldumpTime(target.at), inclusive, from }
    case 'name':
      return { kind: 'name', value: target.name, inclusive, from }
    case 'xid':
      return { kind: 'xid', value: String(target.xid), inclusive, from }
    case 'lsn':
      return { kind: 'lsn', value: sortableLsn(target.lsn), inclusive, from }
    default:
      return undefined
  }
}

/** A position whose order as text is its order: both halves with 8 digits. */
export const sortableLsn = (lsn: Lsn): string =>
  formatLsn(lsn)
    .split('/')
    .map((half) => half.padStart(8, '0'))
    .join('/')

/** A moment as pg_waldump prints it with TZ=UTC, 6 decimals always. */
const waldumpTime = (at: bigint): string => {
  const [seconds = '', fraction = ''] = formatUtc(at).replace(/\+00$/, '').split('.')
  return `${seconds}.${fraction.padEnd(6, '0')}`
}
