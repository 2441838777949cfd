import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import { formatLsn } from '../../postgres/lsn.ts'
import type { TargetAction } from '../../postgres/recovery-target.ts'
import { parseTimelineHistory } from '../../postgres/timeline-history.ts'
import type { Cluster } from '../locate.ts'
import { startCluster, stopCluster } from '../service.ts'
import { sql } from '../sql.ts'
import { LOCKED_HBA, LOCKED_IDENT } from './configure.ts'
import type { Phases } from './phases.ts'
import { writeRecord } from './record-file.ts'
import { RECOVERY_LOG } from './recovery-log.ts'
import type { RestoreRecord } from './restore-record.ts'
import type { RestoreWorld } from './restore-world.ts'
import { restoredNotes } from './restored-notes.ts'
import { closeJournalScript } from './set-aside.ts'
import { becomeStandby } from './standby/become-standby.ts'
import { proveStandby } from './standby/prove-standby.ts'
import type { StandbyWish } from './standby/standby-wish.ts'
import { watchRecovery } from './watch-recovery.ts'
import { runStep } from './write-file.ts'

/**
 * Ends recovery at the point that was proven: the cluster becomes writable on a new timeline (trap R17: there is always
 * one).
 *
 * @throws restore/target-missed when the new timeline was not forked where recovery had paused
 */
const promote = async (world: RestoreWorld, cluster: Cluster, record: RestoreRecord): Promise<RestoreRecord> => {
  const db = sql(world.owner, cluster, { signal: world.signal })
  // What resumes a recovery that is paused at its target is its end.
  await db.query('SELECT pg_wal_replay_resume() WHERE pg_is_in_recovery()')
  let pause = 30
  let fork: Fork | undefined
  while (!fork?.name) {
    world.signal.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, pause))
    pause = Math.min(1000, pause * 1.5)
    fork = (await db.query<Fork>(FORK)).rows[0]
  }
  const promoted: RestoreRecord = {
    ...record,
    state: 'promoted',
    new_timeline: Number.parseInt(fork.name.slice(0, 8), 16),
  }
  proveFork(promoted, fork.history ?? '')
  await writeRecord(world.owner, cluster.dataDirectory, promoted)
  return promoted
}

interface Fork {
  /** A segment of the new timeline; null as long as recovery goes on. */
  readonly name: string | null
  readonly history: string | null
}

const FORK = `SELECT name, pg_read_file('pg_wal/' || left(name, 8) || '.history') AS history
  FROM (SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_insert_lsn()) END) AS new (name)`

const proveFork = ({ new_timeline: timeline, reached }: RestoreRecord, history: string): void => {
  const last = parseTimelineHistory(history).at(-1)
  if (last !== undefined && formatLsn(last.end) === reached?.lsn) return
  throw new LifeboatError(
    'restore/target-missed',
    `timeline ${timeline} was forked at ${last === undefined ? 'no position' : formatLsn(last.end)}, not at ${reached?.lsn}`,
  )
}

/**
 * Opens a promoted cluster: it is started again the way it is always started on this host, with its own pg_hba.conf and
 * without any setting of the recovery (traps R11, R30, R35).
 *
 * @throws postgres/stop-failed, postgres/start-failed
 */
const release = async (world: RestoreWorld, cluster: Cluster, record: RestoreRecord): Promise<RestoreRecord> => {
  const service = world.root ?? world.owner
  await stopCluster(service, cluster, { timeout: STOP_SECONDS, signal: world.signal })
  await runStep(
    world.owner,
    'unlocking the cluster',
    sh`cd ${cluster.dataDirectory} && rm -rf ${LOCKED_HBA} ${LOCKED_IDENT} pg_wal/.lifeboat-get && [ ! -e recovery.signal ] && [ ! -e standby.signal ]`
      .text,
  )
  await startCluster(service, cluster, { timeout: START_SECONDS, unitLater: true, signal: world.signal })
  return { ...record, locked: false }
}

// A fast stop writes all that is dirty and archives what is finished; a start after it has nothing to replay.
const STOP_SECONDS = 3600
const START_SECONDS = 600

export interface Finish {
  readonly action: TargetAction
  readonly release: boolean
  /** With the action `standby`. */
  readonly standby?: StandbyWish | undefined
}

/**
 * Ends a restore that has reached its target as the user wants it: promoted and open, promoted and still locked, paused,
 * shut down, or a standby. Takes it up where an earlier finish stopped.
 *
 * @returns the record that the data directory now holds
 */
export const finish = async (
  world: RestoreWorld,
  cluster: Cluster,
  reached: RestoreRecord,
  wanted: Finish,
  phases: Phases,
): Promise<RestoreRecord> => {
  let record = reached
  if (wanted.action === 'promote' && record.state === 'paused') {
    record = await phases.run('promote', () => promote(world, cluster, record))
    record = { ...record, notes: [...(await restoredNotes(world, cluster))] }
    for (const note of record.notes) world.warn(note)
  }
  if (wanted.action === 'shutdown' && record.state === 'paused') {
    await stopCluster(world.root ?? world.owner, cluster, { timeout: STOP_SECONDS, signal: world.signal })
    record = { ...record, state: 'shutdown' }
  }
  const { standby } = wanted
  if (standby && record.state === 'paused') {
    record = await phases.run('standby', () => becomeStandby(world, cluster, record, standby))
  }
  if (wanted.release && record.locked && (record.state === 'promoted' || record.state === 'done')) {
    record = await phases.run('release', () => release(world, cluster, record))
  }
  const complete: RestoreRecord = {
    ...record,
    state: record.state === 'promoted' ? 'done' : record.state,
    phases: { ...record.phases, ...phases.seconds },
    finished: new Date().toISOString(),
  }
  await writeRecord(world.owner, cluster.dataDirectory, complete)
  await runStep(world.owner, 'closing the journal', closeJournalScript(cluster.dataDirectory, complete.set_aside))
  if (standby && complete.state === 'standby') await proveStandby(world, cluster, complete, standby)
  return complete
}

/**
 * Takes up a recovery that was ended at its target, by `target_action: shutdown` or by a restart of the host: starts the
 * server with the settings of the recovery and waits until it stands at the same point again.
 *
 * @throws restore/target-missed, restore/recovery-failed
 */
export const resumeRecovery = async (
  world: RestoreWorld,
  cluster: Cluster,
  record: RestoreRecord,
): Promise<RestoreRecord> => {
  const logFile = `${cluster.dataDirectory}/${RECOVERY_LOG}`
  // One that an interrupted run had begun to take up again may be running still.
  await stopCluster(world.owner, cluster)
  await runStep(world.owner, 'starting the log anew', sh`rm -f ${logFile}`.text)
  await startCluster(world.owner, cluster, { settings: record.settings, logFile, wait: false, signal: world.signal })
  const point = await watchRecovery(world.owner, cluster, { logFile, signal: world.signal })
  const lsn = point.lsn === undefined ? 'no position' : formatLsn(point.lsn)
  if (point.state === 'paused' && lsn === record.reached?.lsn) return { ...record, state: 'paused' }
  throw new LifeboatError('restore/target-missed', `recovery ended at ${lsn}, not at ${record.reached?.lsn} as before`)
}
