import { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { PROCESS_FUNCTIONS } from '../process-functions.ts'
import type { RepositoryLayout } from '../repository/layout.ts'
import { holdOpen } from './hold-open.ts'

const LOCKED = 75

/**
 * Does something while no backup can begin and no other run removes anything: it takes the very lock that a backup
 * takes.
 *
 * @param session of the owner of the folder
 * @throws retention/locked, retention/cannot-remove where the lock cannot be written
 */
export const withBackupLock = async <T>(
  session: Session,
  layout: RepositoryLayout,
  runId: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> => {
  const hold = await holdOpen(session, lockScript(layout, runId), signal)
  if (!hold.held) {
    if (hold.status === LOCKED) {
      throw new LifeboatError('retention/locked', `${layout.folder} is locked: a backup began at the same moment`, {
        hints: ['run this again when it has ended'],
      })
    }
    throw new LifeboatError('retention/cannot-remove', `${layout.backupFolder} cannot be written: ${hold.stderr}`)
  }
  try {
    return await work()
  } finally {
    await hold.release()
  }
}

const lockScript = (layout: RepositoryLayout, runId: string): string => `umask 077
lock=${quote(layout.backupLock)} run=${quote(runId)}
exec 3<&0 </dev/null
mkdir "$lock" || { [ -d "$lock" ] && exit ${LOCKED}; exit 1; }
leave() { trap '' HUP INT TERM; rm -rf "$lock"; }
trap 'leave; exit 143' HUP INT TERM
${PROCESS_FUNCTIONS}
printf '%s %s %s %s %s\\n' "$$" "$(begun $$)" "$boot" "$(uname -n)" "$run" > "$lock/holder"
: > "$lock/beat"
echo held
while IFS= read -r line <&3; do : > "$lock/beat"; done
leave
exit 0
`
