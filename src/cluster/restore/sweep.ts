import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import type { Cluster } from '../locate.ts'
import { stopCluster } from '../service.ts'
import { undoSetAside } from './exchange.ts'
import type { HostState } from './host-state.ts'
import { journalPath } from './restore-journal.ts'
import { closeJournalScript } from './set-aside.ts'
import { runStep } from './write-file.ts'

/**
 * Whether the data directory holds a restore that was never proven: Lifeboat unpacked it, and no server has ended
 * recovery in it. Only such a directory may be removed.
 */
export const isUnproven = ({ record, control, journal }: HostState): boolean =>
  record !== undefined &&
  journal !== undefined &&
  record.run_id === journal.run_id &&
  (record.state === 'verified' || record.state === 'recovering') &&
  (control === undefined || control.timeline <= record.timeline)

/**
 * Whether a restore was interrupted after its target was proven: what stands in the data directory is a cluster like any
 * other, and not a remain. What it had replaced is set aside for good.
 */
export const isProvenInPlace = (host: HostState): boolean =>
  host.journal?.stage === 'in-place' && host.exists && !isUnproven(host)

/**
 * Undoes what an interrupted or failed restore left: ends its server, removes what it had unpacked and, where it had
 * set the old cluster aside, puts that back in its place. The old cluster is only ever renamed.
 *
 * @param session of the cluster's owner
 * @returns whether there was something to undo
 * @throws restore/step-failed
 */
export const sweepRemains = async (session: Session, cluster: Cluster, host: HostState): Promise<boolean> => {
  const { journal, dataDirectory } = host
  if (!journal) return false
  const unproven = isUnproven(host)
  const untouched = journal.stage !== 'in-place'
  if (unproven && host.servers.length > 0) await stopCluster(session, cluster, { mode: 'immediate' })
  // In place and proven, or taken over by somebody: only the journal is too much.
  const mayUndo = untouched || unproven || !host.exists
  const removed = mayUndo
    ? [...journal.incomplete, ...(untouched ? [] : [...journal.put_in_place].reverse().map(({ to }) => to))]
    : []
  await runStep(
    session,
    'removing the remains of an interrupted restore',
    `set -e
${removed.length > 0 ? KILL_WORKERS : ''}
${removed.map((path) => sh`end_workers ${path}; rm -rf -- ${path}`.text).join('\n')}
${mayUndo ? undoSetAside(journal) : ''}
${mayUndo ? sh`rm -f -- ${journalPath(dataDirectory)}`.text : closeJournalScript(dataDirectory, journal.old)}
`,
  )
  return true
}

// What an interrupted run started may still be unpacking: it works in the folder that is to be removed.
const KILL_WORKERS = `end_workers() {
  for link in /proc/[0-9]*/cwd; do
    case $(readlink "$link" 2>/dev/null || :) in
    "$1" | "$1"/*) pid=\${link#/proc/}; kill -9 "\${pid%/cwd}" 2>/dev/null || : ;;
    esac
  done
}`
