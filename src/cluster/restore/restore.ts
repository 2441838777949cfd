import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import { formatLsn } from '../../postgres/lsn.ts'
import type { SettingList } from '../../postgres/recovery-settings.ts'
import { describeTarget } from '../../postgres/recovery-target.ts'
import { readRepository } from '../repository/read.ts'
import { holdBackup } from '../retention/readers.ts'
import { stopCluster } from '../service.ts'
import { buildOrSweep } from './build-or-sweep.ts'
import { configure } from './configure.ts'
import { controlOf } from './control-of.ts'
import { beginJournal, exchange } from './exchange.ts'
import { finish } from './finish.ts'
import { type HostState, inspectHost } from './host-state.ts'
import { dropArchivedWal, keepLocalWal } from './keep-local-wal.ts'
import { whileLocked } from './lock.ts'
import { resolvePlan } from './make-plan.ts'
import { Phases } from './phases.ts'
import { proveReached } from './prove-reached.ts'
import { writeRecord } from './record-file.ts'
import { RECOVERY_LOG } from './recovery-log.ts'
import { latestCommit } from './resolve-target.ts'
import type { RestoreJournal } from './restore-journal.ts'
import type { RestorePlan } from './restore-plan.ts'
import type { RestoreRecord } from './restore-record.ts'
import { askedFor } from './restore-wish.ts'
import type { RestoreWorld } from './restore-world.ts'
import { recoveryOf, startRecovery } from './start-recovery.ts'
import { keepWalOnly, stopOld } from './stop-old.ts'
import { sweepRemains } from './sweep.ts'
import { promotedItself } from './target-errors.ts'
import { checkUnchanged } from './unchanged.ts'
import { unpackBackup } from './unpack.ts'
import { chainOfPlan, unpackChain } from './unpack-chain.ts'
import { verifyFiles } from './verify-files.ts'
import { watchRecovery } from './watch-recovery.ts'
import { runStep } from './write-file.ts'

/**
 * Carries out a plan: builds the new data directory beside the old one and verifies it, and only then stops the old
 * server, sets its files aside and recovers. The point that is reached is proven while recovery is paused at it, before
 * a new timeline begins.
 *
 * @returns the record that the data directory now holds
 * @throws what its steps throw; after the exchange with hints how to get the old cluster back
 */
export const restore = (world: RestoreWorld, plan: RestorePlan): Promise<RestoreRecord> =>
  whileLocked(world.owner, plan.host.dataDirectory, plan.runId, async () => {
    await checkUnchanged(world, plan)
    const phases = new Phases()
    if (plan.resumption?.from === 'in place') return resume(world, plan, phases)
    // Nothing that is being read here may be pruned meanwhile.
    const { layout } = plan.repository
    const ids = chainOfPlan(plan).map(({ id }) => id)
    const hold = await holdBackup(world.owner, layout, ids, plan.runId, world.signal)
    try {
      return await restoreAll(world, plan, phases)
    } finally {
      await hold?.release()
    }
  })

const restoreAll = async (world: RestoreWorld, plan: RestorePlan, phases: Phases): Promise<RestoreRecord> => {
  const begin = plan.resumption ? takeUp(world, plan) : buildOrSweep(world, plan, build(world, plan, phases))
  const { journal, ready } = await begin
  if (!journal.wal_only) {
    await phases.run('keep WAL', () => keepLocalWal(world.owner, ready))
    await phases.run('stop', () => stopOld(world, ready))
  }
  const last = await phases.run('last WAL', () => withLastWal(world, ready))
  const control = await controlOf(world.owner, last.incomplete, last.cluster)
  const folder = `PG_${last.cluster.majorVersion}_${control.catalogVersion}`
  await phases.run('set aside', () => exchange(world.owner, last, journal, folder))
  return orWayBack(last, () => recover(world, last, phases, () => startRecovery(world, last, control)))
}

interface Built {
  readonly journal: RestoreJournal
  readonly ready: RestorePlan
}

/** Builds the new data directory beside the old one. */
const build = async (world: RestoreWorld, planned: RestorePlan, phases: Phases): Promise<Built> => {
  const plan = await phases.run('sweep', () => swept(world, planned))
  const journal = await beginJournal(world.owner, plan)
  if (journal.wal_only) {
    await phases.run('stop', () => stopOld(world, plan))
    await phases.run('set aside', () => keepWalOnly(world, plan))
  }
  const incremental = plan.resolution.backup.parent !== null
  await phases.run('unpack', () =>
    (incremental ? unpackChain : unpackBackup)(world.owner, plan, {
      signal: world.signal,
      onProgress: (done, total) => world.progress('unpack', done, total, 'bytes'),
    }),
  )
  if (plan.wish.verify) {
    const verified = await phases.run('verify', () => verifyFiles(world.owner, plan, world.signal, incremental))
    if (!verified) world.warn(`the backup ${plan.resolution.backup.id} has no manifest: its files were not verified`)
  }
  const warnings = await phases.run('configure', () => configure(world.owner, plan, recordOf(plan, phases)))
  for (const warning of warnings) world.warn(warning)
  return { journal, ready: plan }
}

/** Goes on with what an interrupted run had built. */
const takeUp = async (world: RestoreWorld, plan: RestorePlan): Promise<Built> => {
  const { journal } = plan.host
  if (!journal) throw new LifeboatError('restore/changed-meanwhile', `the journal of ${plan.runId} is gone`)
  world.warn(`goes on with the restore ${plan.runId}, which was interrupted after its files had been unpacked`)
  return { journal, ready: plan }
}

/** Goes on with a recovery that was begun: the one that still runs, where it has the same target, or a new start of it. */
const resume = async (world: RestoreWorld, plan: RestorePlan, phases: Phases): Promise<RestoreRecord> => {
  const { host, resolution, resumption } = plan
  const cluster = { ...plan.cluster, dataDirectory: host.dataDirectory }
  world.warn(`goes on with the restore ${plan.runId}, which was interrupted during recovery`)
  const control = await controlOf(world.owner, host.dataDirectory, cluster)
  const same = resumption?.record.target === describeTarget(resolution.goal.target)
  return orWayBack(plan, async () => {
    if (host.servers.length > 0 && !same) await stopCluster(world.owner, cluster)
    const start = async (): Promise<SettingList> => {
      if (host.servers.length > 0 && same) return recoveryOf(world, plan, control)
      await runStep(world.owner, 'starting the log anew', sh`rm -f ${`${host.dataDirectory}/${RECOVERY_LOG}`}`.text)
      return startRecovery(world, plan, control)
    }
    return recover(world, plan, phases, start)
  })
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
  if (itself && wish.standby) throw promotedItself(resolution.backup.id)
  if (itself) world.warn('the server reached the target before it was open for reading, and has promoted there')
  const action = itself ? 'promote' : resolution.goal.action
  return finish(world, cluster, reached, { action, release: wish.release, standby: wish.standby }, phases)
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
  const repository = await readRepository(world.owner, plan.repository.layout, plan.access)
  await dropArchivedWal(world.owner, plan, repository)
  const host = await look(world, plan)
  if (plan.wish.target_time || plan.wish.target_name || plan.wish.target_xid || plan.wish.target_lsn) {
    return { ...plan, repository, host }
  }
  const { signal } = world
  const latest = await resolvePlan(world.owner, host, { ...plan, resumption: undefined, repository, signal })
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
  source: plan.repository.layout.place,
  own: plan.own,
  backup: plan.resolution.backup.id,
  system_identifier: plan.identity.system_identifier,
  asked: askedFor(plan.wish),
  target: describeTarget(plan.resolution.goal.target),
  timeline: plan.resolution.timeline,
  new_timeline: null,
  follow: plan.resolution.follow,
  standby: null,
  reached: null,
  latest_commit: latestCommit(plan.resolution),
  locked: true,
  settings: [],
  set_aside: plan.setAside ?? null,
  wal_segments: 0,
  notes: [],
  phases: phases.seconds,
  started: phases.began.toISOString(),
  finished: null,
})

/** Adds to an error of the recovery what a person does to have the old cluster back. */
const orWayBack = async <T>({ setAside }: RestorePlan, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    // A standby that only does not stream says itself what can be done, and it is kept.
    const final = !(error instanceof LifeboatError) || error.code === 'restore/not-streaming'
    if (final || setAside === undefined) throw error
    throw new LifeboatError(error.code, error.message, {
      cause: error,
      data: { ...error.data, set_aside: setAside },
      hints: [
        ...error.hints,
        `the old cluster is whole in ${setAside}: the next restore begins from it again`,
        'to have it back now: postgresql_restore_undo (playbook undo-restore.yml)',
      ],
    })
  }
}
