import { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { INCOMPLETE, type RepositoryLayout } from '../repository/layout.ts'
import { PROCESS_FUNCTIONS } from './process-functions.ts'

/** Seconds without a sign of life after which a controller counts as dead. It gives one every five. */
const SILENCE = 120

/** A lock that was found in the repository. */
export interface FoundLock {
  /** `dead`: its process is gone; `alive`: it runs here; `elsewhere`: it was taken on another host. */
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
export const findLock = async (session: Session, layout: RepositoryLayout): Promise<FoundLock | undefined> => {
  const { stdout } = await session.run(`lock=${quote(layout.backupLock)}
[ -d "$lock" ] || exit 0
${PROCESS_FUNCTIONS}
pid= start= its_boot= host=- run=-
[ ! -f "$lock/holder" ] || read -r pid start its_boot host run < "$lock/holder"
last=$(stat -c %Y "$lock/beat" 2>/dev/null || stat -c %Y "$lock")
if [ -n "$pid" ] && [ "$host" != "$(uname -n)" ]; then holder=elsewhere
elif [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && [ "$its_boot" = "\${boot:--}" ] && [ "$start" = "$(begun "$pid")" ]; then
  holder=alive
else holder=dead
fi
printf '%s %s %s %s\\n' $holder $(($(date +%s) - last)) "$host" "$run"
`)
  const match = /^(dead|alive|elsewhere) (-?\d+) (\S+) (\S+)$/m.exec(stdout)
  if (!match) return undefined
  const [, holder, silent, host = '', runId = ''] = match
  return { holder: holder as FoundLock['holder'], silent: Math.max(0, Number(silent)), host, runId }
}

/**
 * Removes what an attempt left that is no longer alive: its processes, its folder with the incomplete name and its lock.
 *
 * @returns the names of the folders that were removed
 * @throws backup/running when another backup of this cluster is being taken
 */
export const sweepRemains = async (session: Session, layout: RepositoryLayout): Promise<readonly string[]> => {
  const lock = await findLock(session, layout)
  if (lock && lock.holder !== 'dead' && lock.silent < SILENCE) {
    throw new LifeboatError(
      'backup/running',
      `a backup of ${layout.name} is being taken already, by run ${lock.runId}`,
      {
        hints: [`on ${lock.host}; its last sign of life was ${lock.silent} s ago. Wait for it, or stop that run`],
        data: { ...lock },
      },
    )
  }
  const { status, stdout, stderr } = await session.run(sweepScript(layout))
  if (status === 0) return stdout.split('\n').filter(Boolean)
  throw new LifeboatError(
    'backup/cannot-sweep',
    `the remains of an interrupted backup cannot be removed: ${stderr.trim()}`,
  )
}

// A group lives on under its leader's number while one of its processes does, and the number is not given away before.
// So the group is ours if its leader is the process that took the lock, or gone.
const sweepScript = (layout: RepositoryLayout): string => `lock=${quote(layout.backupLock)}
${PROCESS_FUNCTIONS}
if [ -f "$lock/holder" ] && read -r pid start its_boot host run < "$lock/holder" &&
  [ "$host" = "$(uname -n)" ] && [ -n "$boot" ] && [ "$its_boot" = "$boot" ]; then
  now=$(begun "$pid")
  if [ -z "$now" ] || [ "$now" = "$start" ]; then
    for signal in TERM KILL; do
      kill -$signal "-$pid" 2>/dev/null
      i=0
      while [ $i -lt 50 ] && kill -0 "-$pid" 2>/dev/null; do sleep 0.1 2>/dev/null || sleep 1; i=$((i + 1)); done
    done
  fi
fi
cd ${quote(layout.backupFolder)} || exit 1
for folder in *${INCOMPLETE}; do
  [ ! -d "$folder" ] || { rm -rf "$folder" && printf '%s\\n' "$folder"; } || exit 1
done
rm -rf "$lock"
`
