import { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { PROCESS_FUNCTIONS } from '../backup/process-functions.ts'
import { backupPath, type RepositoryLayout } from '../repository/layout.ts'
import { type Hold, holdOpen } from './hold-open.ts'

/**
 * Seconds without a sign of life after which a reader on another host counts as dead. It gives one every five; the
 * clocks of hosts that share a repository may differ.
 */
const SILENCE = 600

/**
 * sh: `reader_of FOLDER` prints `HOST RUN` of somebody who reads the backup in that folder and is alive, and nothing
 * where nobody does. A reader is a file `.reading-HOST-RUN` in the folder of the backup, with `pid begun boot host run`
 * in it, whose time is that of the last sign of life.
 */
export const READER_FUNCTION = `${PROCESS_FUNCTIONS}
reader_of() {
  for lock in "$1"/.reading-*; do
    [ -f "$lock" ] || continue
    read -r pid start its_boot host run < "$lock" || continue
    if [ "$host" = "$(uname -n)" ] && [ "$its_boot" = "\${boot:--}" ]; then
      if [ -n "$boot" ]; then [ "$(begun "$pid")" = "$start" ] || continue
      else kill -0 "$pid" 2>/dev/null || continue; fi
    elif [ $(($(date +%s) - $(stat -c %Y "$lock"))) -ge ${SILENCE} ]; then continue
    fi
    printf '%s %s\\n' "$host" "$run"
    return 0
  done
}
`

const NOT_WRITABLE = 75
const GONE = 76

/**
 * Says that a backup is being read, so that it and the WAL behind it are not removed meanwhile, until it is released or
 * the controller or the host is gone. Take it before the first file is read.
 *
 * @param session of a user who may write to the repository, as the cluster's owner may
 * @returns undefined where nothing can be said: the repository is mounted read-only, or on another host
 * @throws retention/cannot-look when the backup is not there any more
 */
export const holdBackup = async (
  session: Session,
  layout: RepositoryLayout,
  id: string,
  runId: string,
  signal?: AbortSignal,
): Promise<Hold | undefined> => {
  if (layout.location.kind === 'ssh') return undefined
  const folder = backupPath(layout, id)
  const hold = await holdOpen(session, holdScript(folder, runId), signal)
  if (hold.held) return hold
  if (hold.status === NOT_WRITABLE) return undefined
  throw new LifeboatError('retention/cannot-look', `the backup ${id} is not in ${layout.backupFolder} any more`, {
    hints: ['it was removed a moment ago; run this again', ...(hold.stderr === '' ? [] : [hold.stderr])],
  })
}

// Looking for the backup after the lock was made closes the gap to a removal, which renames first and then looks again.
const holdScript = (folder: string, runId: string): string => `umask 077
folder=${quote(folder)} run=${quote(runId)}
exec 3<&0 </dev/null
lock=$folder/.reading-$(uname -n)-$run
leave() { trap '' HUP INT TERM; rm -f "$lock"; }
trap 'leave; exit 143' HUP INT TERM
${PROCESS_FUNCTIONS}
[ -d "$folder" ] || exit ${GONE}
printf '%s %s %s %s %s\\n' "$$" "$(begun $$)" "\${boot:--}" "$(uname -n)" "$run" > "$lock" || exit ${NOT_WRITABLE}
[ -f "$folder/backup.json" ] || { leave; exit ${GONE}; }
echo held
while IFS= read -r line <&3; do touch -c "$lock"; done
leave
exit 0
`
