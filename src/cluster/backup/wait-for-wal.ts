import { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { type RepositoryLayout, timelineFolder } from '../repository/layout.ts'

/**
 * Waits until every segment of a backup, and the history file that PostgreSQL archives for it, are in the repository
 * (trap B1): without a single one of them the backup is worth nothing.
 *
 * @param names as PostgreSQL knows them, all of one timeline
 * @param patience seconds
 * @throws backup/wal-missing
 */
export const waitForWal = async (
  session: Session,
  layout: RepositoryLayout,
  timeline: number,
  names: readonly string[],
  patience: number,
  signal?: AbortSignal,
): Promise<void> => {
  const deadline = Date.now() + patience * 1000
  for (;;) {
    const { stdout } = await session.run(missingScript(timelineFolder(layout, timeline), names), { signal })
    const missing = stdout.split('\n').filter(Boolean)
    if (missing.length === 0) return
    signal?.throwIfAborted()
    if (Date.now() < deadline) continue
    throw new LifeboatError(
      'backup/wal-missing',
      `${missing.length} of ${names.length} WAL files of the backup are not in ${layout.walFolder} after ${patience} s: ${missing.slice(0, 3).join(', ')}`,
      {
        hints: [
          'without them the backup cannot be restored, so it was not kept',
          "look at the archiver in the server's log",
        ],
      },
    )
  }
}

/** Prints the names that are not there, after at most two seconds of waiting for them. */
const missingScript = (folder: string, names: readonly string[]): string => `cd ${quote(folder)} || exit 1
missing=${quote(names.join(' '))}
i=0
while [ $i -lt 20 ]; do
  left=
  for name in $missing; do
    [ -s $name ] || [ -s $name.zst ] || [ -s $name.lz4 ] || [ -s $name.gz ] || left="$left $name"
  done
  missing=$left
  [ -n "$missing" ] || exit 0
  sleep 0.1 2>/dev/null || { sleep 1; i=$((i + 9)); }
  i=$((i + 1))
done
printf '%s\\n' $missing
`
