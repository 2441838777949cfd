import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import type { HostState } from './host-state.ts'
import { parseRestoreRecord, RESTORE_RECORD, type RestoreRecord } from './restore-record.ts'
import { askedFor, type RestoreWish } from './restore-wish.ts'

/** Where an interrupted restore is taken up again. */
export interface Resumption {
  /** `unpacked`: built and verified beside the data directory. `in place`: exchanged, perhaps recovering. */
  readonly from: 'unpacked' | 'in place'
  /** What it had written down. */
  readonly record: RestoreRecord
}

/**
 * Finds out whether the restore that was interrupted here is the one that is wanted, and far enough to go on with: same
 * source, same target in the user's words, and its files unpacked, verified and configured.
 *
 * @param session of the cluster's owner
 * @returns undefined where it has to begin anew
 */
export const findResumption = async (
  session: Session,
  host: HostState,
  wanted: { readonly source: string; readonly own: boolean; readonly wish: RestoreWish },
): Promise<Resumption | undefined> => {
  const { journal, dataDirectory } = host
  if (!journal || wanted.wish.resume !== 'continue') return undefined
  const same = (record: RestoreRecord | undefined): record is RestoreRecord =>
    record !== undefined &&
    record.run_id === journal.run_id &&
    record.source === wanted.source &&
    record.own === wanted.own &&
    JSON.stringify(Object.entries(record.asked).sort()) === JSON.stringify(Object.entries(askedFor(wanted.wish)).sort())
  if (journal.stage === 'in-place') {
    const { record } = host
    const begun = record?.state === 'verified' || record?.state === 'recovering'
    return begun && same(record) ? { from: 'in place', record } : undefined
  }
  if (journal.stage !== 'building') return undefined
  const path = `${dataDirectory}.incomplete-${journal.run_id}/${RESTORE_RECORD}`
  const record = parseRestoreRecord((await session.run(sh`cat ${path} 2>/dev/null`.text)).stdout)
  return same(record) ? { from: 'unpacked', record } : undefined
}
