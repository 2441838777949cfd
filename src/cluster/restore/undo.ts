import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import type { Cluster } from '../locate.ts'
import { startCluster } from '../service.ts'
import { type HostState, inspectHost } from './host-state.ts'
import { formatRestoreJournal, journalPath } from './restore-journal.ts'
import type { RestoreWorld } from './restore-world.ts'
import { SET_ASIDE_FILE } from './set-aside.ts'
import { stopServer } from './stop-old.ts'
import { sweepRemains } from './sweep.ts'
import {
  formatUndoJournal,
  formatUndoMark,
  UNDO_MARK,
  UNDO_SUFFIX,
  type UndoJournal,
  type UndoMark,
} from './undo-journal.ts'
import type { UndoPlan } from './undo-plan.ts'
import { runStep, writeFileScript } from './write-file.ts'

/**
 * Undoes a restore: the restored cluster is stopped and set aside, the one it had replaced gets its folders back and is
 * started. Only renames; interrupted anywhere, the next run goes on.
 *
 * @param start whether the server is started
 * @throws restore/step-failed, restore/cluster-running, postgres/stop-failed, postgres/start-failed
 */
export const undoRestore = async (
  world: RestoreWorld,
  cluster: Cluster,
  host: HostState,
  plan: UndoPlan,
  runId: string,
  start: boolean,
): Promise<void> => {
  const { dataDirectory } = host
  const mark: UndoMark = { version: 1, run_id: runId, restore: plan.restore, set_aside: null, started: false }
  let put: UndoMark = host.undone ?? mark
  if (plan.kind === 'unfinished') {
    await sweepRemains(world.owner, cluster, host)
    const { exists } = await look(world, cluster, dataDirectory)
    if (!exists) return
    put = mark
    await writeMark(world, dataDirectory, put)
  }
  if (plan.kind === 'exchange') {
    await stopServer(world, cluster, dataDirectory)
    put = { ...mark, run_id: plan.journal.run_id, set_aside: plan.journal.set_aside.old }
    await exchangeBack(world, plan.journal, put)
  }
  if (!start) return
  await startCluster(world.root ?? world.owner, { ...cluster, dataDirectory }, { timeout: 600, signal: world.signal })
  await writeMark(world, dataDirectory, { ...put, started: true })
}

const look = (world: RestoreWorld, cluster: Cluster, dataDirectory: string): Promise<HostState> =>
  inspectHost(world.owner, { dataDirectory, binDirectory: cluster.binDirectory, folders: [] })

const writeMark = (world: RestoreWorld, dataDirectory: string, mark: UndoMark): Promise<string> =>
  runStep(
    world.owner,
    'writing the mark of the undone restore',
    writeFileScript(`${dataDirectory}/${UNDO_MARK}`, formatUndoMark(mark)),
  )

const exchangeBack = async (world: RestoreWorld, journal: UndoJournal, mark: UndoMark): Promise<void> => {
  const { data_directory: data, moves, links, set_aside } = journal
  const path = `${data}${UNDO_SUFFIX}`
  const old = moves.at(-1)?.from
  if (old === undefined || set_aside.old === null) {
    throw new LifeboatError('restore/step-failed', `${path} names no cluster to put back`)
  }
  await runStep(
    world.owner,
    'putting the old cluster back',
    `set -e
${sh`if [ ! -f ${path} ]; then [ -f ${`${old}/PG_VERSION`} ] || { echo ${`${old} holds no cluster`} >&2; exit 1; }; fi`.text}
${writeFileScript(path, formatUndoJournal(journal))}
${moves.map(({ from, to }) => sh`if [ -e ${from} ] && [ ! -e ${to} ]; then mv -- ${from} ${to}; fi`.text).join('\n')}
${links.map(({ link, to }) => sh`[ ! -h ${link} ] || ln -sfn ${to} ${link}`.text).join('\n')}
${sh`[ -f ${`${data}/PG_VERSION`} ] && [ -f ${`${set_aside.old}/PG_VERSION`} ]`.text}
${writeFileScript(`${set_aside.old}/${SET_ASIDE_FILE}`, formatRestoreJournal(set_aside))}
${writeFileScript(`${data}/${UNDO_MARK}`, formatUndoMark(mark))}
${sh`rm -f -- ${`${data}/${SET_ASIDE_FILE}`} ${journalPath(data)}`.text}
sync
${sh`rm -f -- ${path}`.text}
`,
  )
}
