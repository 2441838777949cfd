import { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { PROCESS_FUNCTIONS } from '../process-functions.ts'
import type { RepositoryAccess } from '../repository/access.ts'
import { INCOMPLETE } from '../repository/layout.ts'
import { SILENCE } from '../repository/lock-script.ts'

/** A lock that was found in the repository. */
export interface FoundLock {
  /** `dead`: its process is gone; `alive`: it runs where the repository is; `elsewhere`: it was taken on another host. */
  readonly holder: 'dead' | 'alive' | 'elsewhere'
  /** Seconds since the last sign of life. */
  readonly silent: number
  readonly host: string
  readonly runId: string
}

/**
 * Looks for the lock of a backup that is, or was, being taken.
 *
 * @param session of the cluster's owner
 */
export const findLock = async (session: Session, access: RepositoryAccess): Promise<FoundLock | undefined> => {
  const result = await session.run(access.locked())
  access.check(result)
  const match = /^(dead|alive|elsewhere) (\d+) (\S+) (\S+)$/m.exec(result.stdout)
  if (!match) return undefined
  const [, holder, silent, host = '', runId = ''] = match
  return { holder: holder as FoundLock['holder'], silent: Number(silent), host, runId }
}

/**
 * Ends what an attempt left that is no longer alive: its processes on this host. What it left in the repository goes with
 * its lock, which the next one takes.
 *
 * @throws backup/running when another backup of this cluster is being taken
 */
export const endRemains = async (session: Session, access: RepositoryAccess): Promise<void> => {
  // Over SSH its processes keep the lock alive as long as they live themselves, and let go of it a moment later.
  const far = access.path('') === undefined
  const stopped = far && (await stopProcesses(session, access, 'orphans'))
  let lock = await findLock(session, access)
  for (let tries = 0; stopped && lock !== undefined && tries < 20; tries++) lock = await findLock(session, access)
  if (lock && lock.holder !== 'dead' && lock.silent < SILENCE) {
    throw new LifeboatError(
      'backup/running',
      `a backup of ${access.layout.name} is being taken already, by run ${lock.runId}`,
      {
        hints: [`on ${lock.host}; its last sign of life was ${lock.silent} s ago. Wait for it, or stop that run`],
        data: { ...lock },
      },
    )
  }
  await stopProcesses(session, access, 'all')
}

/**
 * Removes what an attempt left in a repository of this host that is no longer alive: its processes, its folder with the
 * incomplete name and its lock.
 *
 * @returns the names of the folders that were removed
 * @throws backup/running when another backup of this cluster is being taken, backup/cannot-sweep
 */
export const sweepRemains = async (session: Session, access: RepositoryAccess): Promise<readonly string[]> => {
  await endRemains(session, access)
  const { layout } = access
  const { status, stdout, stderr } = await session.run(`cd ${quote(layout.backupFolder)} || exit 1
for folder in *${INCOMPLETE}; do
  [ ! -d "$folder" ] || { rm -rf "$folder" && printf '%s\\n' "$folder"; } || exit 1
done
rm -rf ${quote(layout.backupLock)}
`)
  if (status === 0) return stdout.split('\n').filter(Boolean)
  throw new LifeboatError(
    'backup/cannot-sweep',
    `the remains of an interrupted backup cannot be removed: ${stderr.trim()}`,
  )
}

// A group lives on under its leader's number while one of its processes does, and the number is not given away before.
// So the group is ours if its leader is the process that took the lock, or gone.
const stopProcesses = async (
  session: Session,
  access: RepositoryAccess,
  which: 'orphans' | 'all',
): Promise<boolean> => {
  const folder = access.path('backup/.lock') ?? access.scratch
  const { stdout } = await session.run(`holder=${quote(`${folder}/holder`)}
[ -f "$holder" ] && read -r pid start its_boot host run < "$holder" || exit 0
${PROCESS_FUNCTIONS}
[ "$host" = "$(uname -n)" ] && [ "$boot" != - ] && [ "$its_boot" = "$boot" ] || exit 0
now=$(begun "$pid")
[ -z "$now" ] ${which === 'all' ? '|| [ "$now" = "$start" ] ' : ''}|| exit 0
for signal in TERM KILL; do
  kill -$signal "-$pid" 2>/dev/null && echo stopped
  i=0
  while [ $i -lt 50 ] && kill -0 "-$pid" 2>/dev/null; do sleep 0.1 2>/dev/null || sleep 1; i=$((i + 1)); done
done
`)
  return stdout !== ''
}
