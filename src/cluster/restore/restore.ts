import { LifeboatError } from '../../base/errors.ts'
import { formatLsn } from '../../postgres/lsn.ts'
import type { SettingList } from '../../postgres/recovery-settings.ts'
import { describeTarget } from '../../postgres/recovery-target.ts'
import { readRepository } from '../repository/read.ts'
import { stopCluster } from '../service.ts'
import { configure } from './configure.ts'
import { beginJournal, exchange } from './exchange.ts'
import { finish } from './finish.ts'
import { type HostState, inspectHost } from './host-state.ts'
import { resolvePlan } from './make-plan.ts'
import { Phases } from './phases.ts'
import { proveReached } from './prove-reached.ts'
import { writeRecord } from './record-file.ts'
import { RECOVERY_LOG } from './recovery-log.ts'
import { latestCommit } from './resolve-target.ts'
import { journalPath } from './restore-journal.ts'
import type { RestorePlan } from './restore-plan.ts'
import type { RestoreRecord } from './restore-record.ts'
import { askedFor } from './restore-wish.ts'
import type { RestoreWorld } from './restore-world.ts'
import { startRecovery } from './start-recovery.ts'
import { keepWalOnly, stopOld } from './stop-old.ts'
import { sweepRemains } from './sweep.ts'
import { unpackBackup } from './unpack.ts'
import { verifyFiles } from './verify-files.ts'
import { watchRecovery } from './watch-recovery.ts'

/**
 * Carries out a plan: builds the new data directory beside the old one and verifies it, and only then stops the old
 * server, sets its files aside and recovers. The point that is reached is proven while recovery is paused at it, before
 * a new timeline begins.
 *
 * @returns the record that the data directory now holds
 * @throws what its steps throw; after the exchange with hints how to get the old cluster back
 */
export const restore = async (world: RestoreWorld, planned: RestorePlan): Promise<RestoreRecord> => {
  const phases = new Phases()
  let plan = await phases.run('sweep', () => swept(world, planned))
  const journal = await beginJournal(world.owner, plan)
  if (journal.wal_only) {
    await phases.run('stop', () => stopOld(world, plan))
    await phases.run('set aside', () => keepWalOnly(world, plan))
  }
  await phases.run('unpack', () =>
    unpackBackup(world.owner, plan, {
      signal: world.signal,
      onProgress: (done, total) => world.progress('unpack', done, total, 'bytes'),
    }),
  )
  if (plan.wish.verify) {
    const verified = await phases.run('verify', () => verifyFiles(world.owner, plan, world.signal))
    if (!verified) world.warn(`the backup ${plan.resolution.backup.id} has no manifest: its files were not verified`)
  }
  const built = await phases.run('configure', () => configure(world.owner, plan, recordOf(plan, phases)))
  for (const warning of built.warnings) world.warn(warning)
  if (!journal.wal_only) await phases.run('stop', () => stopOld(world, plan))
  plan = await phases.run('last WAL', () => withLastWal(world, plan))
  const folder = `PG_${plan.cluster.majorVersion}_${built.control.catalogVersion}`
  await phases.run('set aside', () => exchange(world.owner, plan, journal, folder))
  try {
    return await recover(world, plan, phases, () => startRecovery(world, plan, built.control))
  } catch (error) {
    throw withWayBack(error, plan)
  }
}

const recover = async (
  world: RestoreWorld,
  plan: RestorePlan,
  phases: Phases,
  start: () => Promise<SettingList>,
): Promise<RestoreRecord> => {
  const { host, resolution, wish } = plan
  const cluster = { ...plan.cluster, dataDirectory: host.dataDirectory }
  await writeRecord(world.owner, host.dataDirectory, recordOf(plan, phases, 'recovering'))
  const settings = await phases.run('start', start)
  const total = resolution.proof.segments
  const point = await phases.run('replay', () =>
    watchRecovery(world.owner, cluster, {
      logFile: `${host.dataDirectory}/${RECOVERY_LOG}`,
      signal: world.signal,
      onProgress: ({ log }) => world.progress('replay', Math.min(log.segments, total), total, 'segments'),
    }),
  )
  try {
    proveReached(resolution, point)
  } catch (error) {
    await stopCluster(world.owner, cluster)
    throw error
  }
  const reached: RestoreRecord = {
    ...recordOf(plan, phases, 'paused'),
    settings: settings.map(([name, value]) => [name, value]),
    reached: {
      lsn: formatLsn(point.lsn ?? 0n),
      time: point.time ?? null,
      xid: resolution.stop?.xid ?? null,
      timeline: resolution.timeline,
    },
    wal_segments: point.log.segments,
  }
  await writeRecord(world.owner, host.dataDirectory, reached)
  // Where it could not pause, for no client could have looked at it, the server has promoted at the same point.
  const itself = point.state === 'promoted' && resolution.goal.action !== 'promote'
  if (itself) world.warn('the server reached the target before it was open for reading, and has promoted there')
  const action = itself ? 'promote' : resolution.goal.action
  return finish(world, cluster, reached, { action, release: wish.release }, phases)
}

/** The plan after the remains of an interrupted restore were undone: the old cluster stands in its place again. */
const swept = async (world: RestoreWorld, plan: RestorePlan): Promise<RestorePlan> => {
  if (!(await sweepRemains(world.owner, plan.cluster, plan.host))) return plan
  world.warn(`undid what an interrupted restore had left beside ${plan.host.dataDirectory}`)
  return { ...plan, host: await look(world, plan) }
}

/**
 * The plan with what the old server archived, or left in pg_wal, while it was stopped: for the latest point that WAL is
 * what is wanted. Only a restore of the cluster itself can have any.
 */
const withLastWal = async (world: RestoreWorld, plan: RestorePlan): Promise<RestorePlan> => {
  if (!plan.own) return plan
  const repository = await readRepository(world.owner, plan.repository.layout)
  const host = await look(world, plan)
  if (plan.wish.target_time || plan.wish.target_name || plan.wish.target_xid || plan.wish.target_lsn) {
    return { ...plan, repository, host }
  }
  const { runId, cluster, own, wish } = plan
  const latest = await resolvePlan(world.owner, host, { runId, cluster, own, wish, repository, signal: world.signal })
  return { ...plan, repository, host, resolution: { ...latest, backup: plan.resolution.backup } }
}

const look = (world: RestoreWorld, plan: RestorePlan): Promise<HostState> =>
  inspectHost(world.owner, {
    dataDirectory: plan.host.dataDirectory,
    binDirectory: plan.cluster.binDirectory,
    folders: [...plan.host.folders.keys()],
    old: plan.wish.set_aside === 'wal' ? plan.setAside : undefined,
  })

const recordOf = (plan: RestorePlan, phases: Phases, state: RestoreRecord['state'] = 'verified'): RestoreRecord => ({
  version: 1,
  run_id: plan.runId,
  state,
  source: plan.repository.layout.folder,
  own: plan.own,
  backup: plan.resolution.backup.id,
  system_identifier: plan.identity.system_identifier,
  asked: askedFor(plan.wish),
  target: describeTarget(plan.resolution.goal.target),
  timeline: plan.resolution.timeline,
  new_timeline: null,
  reached: null,
  latest_commit: latestCommit(plan.resolution),
  locked: true,
  settings: [],
  set_aside: plan.setAside ?? null,
  wal_segments: 0,
  phases: phases.seconds,
  started: phases.began.toISOString(),
  finished: null,
})

/** What a person does to have the old cluster back after a restore that failed. */
const withWayBack = (error: unknown, plan: RestorePlan): unknown => {
  if (!(error instanceof LifeboatError) || plan.setAside === undefined) return error
  const { dataDirectory } = plan.host
  return new LifeboatError(error.code, error.message, {
    cause: error,
    data: { ...error.data, set_aside: plan.setAside },
    hints: [
      ...error.hints,
      `the old cluster is whole in ${plan.setAside}: the next restore begins from it again`,
      plan.tablespaces.length === 0
        ? `to have it back now: stop the server, mv ${dataDirectory} ${dataDirectory}.failed, mv ${plan.setAside} ${dataDirectory}`
        : `to have it back now: undo the renames that ${journalPath(dataDirectory)} lists`,
    ],
  })
}
