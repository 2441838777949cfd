import { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import type { RepositoryAccess } from '../repository/access.ts'

/**
 * Waits until every segment of a backup, and the history file that PostgreSQL archives for it, are in the repository
 * (trap B1): without a single one of them the backup is worth nothing.
 *
 * @param names as PostgreSQL knows them
 * @param patience seconds
 * @throws backup/wal-missing, archive/unreachable
 */
export const waitForWal = async (
  session: Session,
  access: RepositoryAccess,
  names: readonly string[],
  patience: number,
  signal?: AbortSignal,
): Promise<void> => {
  const deadline = Date.now() + patience * 1000
  let left = names
  for (;;) {
    left = await missingAfterAWhile(session, access, left, signal)
    if (left.length === 0) return
    signal?.throwIfAborted()
    if (Date.now() < deadline) continue
    throw new LifeboatError(
      'backup/wal-missing',
      `${left.length} of ${names.length} WAL files of the backup are not in ${access.layout.place}/wal after ${patience} s: ${left.slice(0, 3).join(', ')}`,
      {
        hints: [
          'without them the backup cannot be restored, so it was not kept',
          "look at the archiver in the server's log",
        ],
      },
    )
  }
}

/** The names that are not there, after at most two seconds of waiting for them on the host. */
const missingAfterAWhile = async (
  session: Session,
  access: RepositoryAccess,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly string[]> => {
  const result = await session.run(
    `missing=${quote(names.join('\n'))}
i=0
while [ $i -lt 20 ]; do
  missing=$(printf '%s\\n' "$missing" | ${access.missing()}) || exit $?
  [ -n "$missing" ] || exit 0
  sleep 0.1 2>/dev/null || { sleep 1; i=$((i + 9)); }
  i=$((i + 1))
done
printf '%s\\n' "$missing"
`,
    { signal },
  )
  access.check(result)
  if (result.status === 0) return result.stdout.split('\n').filter(Boolean)
  throw new LifeboatError('backup/wal-missing', `${access.layout.place}/wal cannot be looked at`, {
    hints: [result.stderr.trim()],
  })
}
