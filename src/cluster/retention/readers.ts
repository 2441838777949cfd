import { LifeboatError } from '../../base/errors.ts'
import type { Session } from '../../host/connection.ts'
import { openAccess } from '../repository/access.ts'
import { GONE, NOT_WRITABLE } from '../repository/hold-script.ts'
import type { RepositoryLayout } from '../repository/layout.ts'
import { type Hold, holdOpen } from './hold-open.ts'

/**
 * Says that backups are being read, so that they and the WAL behind them are not removed meanwhile, until they are
 * released or the controller or the host is gone. Take it before the first file is read.
 *
 * @param session of the cluster's owner on the database host
 * @param ids of an increment all that it stands on too: one of them may be about to be removed at this moment
 * @returns undefined where nothing can be said, as in a repository that is mounted read-only
 * @throws retention/cannot-look when one is not there any more, archive/no-link, archive/unreachable
 */
export const holdBackup = async (
  session: Session,
  layout: RepositoryLayout,
  ids: readonly string[],
  runId: string,
  signal?: AbortSignal,
): Promise<Hold | undefined> => {
  const access = await openAccess(session, layout)
  const hold = await holdOpen(session, access.hold(ids, runId), signal)
  if (hold.held) return hold
  access.check(hold)
  if (hold.status === NOT_WRITABLE) return undefined
  const backups = ids.length === 1 ? `the backup ${ids[0]}` : `one of the backups ${ids.join(', ')}`
  if (hold.status === GONE) {
    throw new LifeboatError('retention/cannot-look', `${backups} is not in ${layout.place}/backup any more`, {
      hints: ['it was removed a moment ago; run this again', ...(hold.stderr === '' ? [] : [hold.stderr])],
    })
  }
  throw new LifeboatError('retention/cannot-look', `${backups} in ${layout.place} cannot be held`, {
    hints: [hold.stderr || `status ${hold.status}`],
  })
}
