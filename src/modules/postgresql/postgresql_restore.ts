import type { Cluster } from '../../cluster/locate.ts'
import type { RepositoryLayout } from '../../cluster/repository/layout.ts'
import { readRepository, requireIdentity } from '../../cluster/repository/read.ts'
import { openPlace } from '../../cluster/restore/adopt-directory.ts'
import { copiedDuring } from '../../cluster/restore/copied-during.ts'
import { finish, resumeRecovery } from '../../cluster/restore/finish.ts'
import { type HostState, inspectHost } from '../../cluster/restore/host-state.ts'
import { makePlan } from '../../cluster/restore/make-plan.ts'
import { Phases } from '../../cluster/restore/phases.ts'
import { planChanges } from '../../cluster/restore/plan-changes.ts'
import { checkOccupation } from '../../cluster/restore/preflight.ts'
import { restore } from '../../cluster/restore/restore.ts'
import type { RestorePlan } from '../../cluster/restore/restore-plan.ts'
import type { RestoreRecord } from '../../cluster/restore/restore-record.ts'
import type { RestoreWish } from '../../cluster/restore/restore-wish.ts'
import type { RestoreWorld } from '../../cluster/restore/restore-world.ts'
import { findResumption } from '../../cluster/restore/resumption.ts'
import { requirePrimary } from '../../cluster/restore/standby/check-primary.ts'
import { type FoundStandby, findStandby } from '../../cluster/restore/standby/find-standby.ts'
import { mendStandby } from '../../cluster/restore/standby/mend-standby.ts'
import { becomingStandby, standbyChanges, standbyFields } from '../../cluster/restore/standby/standby-changes.ts'
import { parseStandbyWish } from '../../cluster/restore/standby/standby-wish.ts'
import { wordsAfter } from '../../cluster/restore/standby/words-after.ts'
import { mayHaveGrown, remainingChanges, restoredAlready } from '../../cluster/restore/standing.ts'
import { describeTarget, parseRecoveryGoal } from '../../postgres/recovery-target.ts'
import { defineModule, type ModuleContext, type ResultFields } from '../contract.ts'
import { onceLetIn, readGround } from './shared/once-let-in.ts'
import { ownerSession } from './shared/open-cluster.ts'
import { layoutFor, rootSession } from './shared/repository-params.ts'
import { restoreParams } from './shared/restore-params.ts'
import { restoreRules } from './shared/restore-rules.ts'

interface Place {
  readonly layout: RepositoryLayout
  readonly cluster: Cluster
  readonly host: HostState
}

interface State {
  readonly layout: RepositoryLayout
  readonly wish: RestoreWish
  /** Where it is restored; undefined in check mode where it cannot be known yet. */
  readonly place: Place | undefined
  /** The standby that is wanted, where one stands. */
  readonly standby?: FoundStandby | undefined
  /** Of the restore that is wanted, where it was done. */
  readonly record?: RestoreRecord | undefined
  /** What is to be done where it was not. */
  readonly plan?: RestorePlan | undefined
  /** Check mode, while the repository host does not let this host in: the data directory that would be restored. */
  readonly foreseen?: string | undefined
}

/** Restores a cluster from a repository to a point in time. */
export default defineModule({
  kind: 'state',
  summary: 'Restores a cluster from a repository to a point in time.',
  description: `Before anything is touched, the target is found in the archived WAL and the whole chain up to it is read: every
segment present, whole, of this cluster, every record following on the one before. Then the backup is unpacked beside the
data directory and compared with its manifest; only then is the old server stopped and its files set aside, by renaming.
The server recovers with everybody but its owner locked out and pauses at the target; the point that was reached is
compared with the one that was asked for, and only if it is the one does a new timeline begin.

PostgreSQL itself ends recovery in silence at a missing or damaged segment. Here \`latest\` becomes the position of the
last record that is there, so that anything less is an error.

With \`target_action: standby\` the cluster that was proven goes on as a standby: from the archive, and with \`primary\`
streaming, along the primary's timeline. The task ends well when it has replayed beyond what was proven and, with
\`primary\`, streams.

A restored cluster says in \`lifeboat_restore.json\` what it is: a second run finds nothing to do. A cluster restored from
another one's repository archives nowhere until archiving is set up for it. After an interrupted restore the next run
undoes what was left and begins anew; the cluster that was set aside is never removed.

A repository host is reached over SSH by this host itself, whose key must be let in first (\`postgresql_repository_key\`,
\`postgresql_repository\`, \`postgresql_repository_link\`, as restore.yml does); one that may only read is enough. Check mode
tells before that only that something would be restored.`,
  examples: [
    {
      title: 'On another host, to a moment',
      yaml: `- postgresql_restore:
    source: db1
    target_time: 2026-11-22 09:30:00+08:00`,
    },
    {
      title: 'The same cluster, to before a mistake',
      yaml: `- postgresql_restore:
    target_xid: "{{ dropped_in }}"
    target_inclusive: false
    replace: true`,
    },
    {
      title: 'Look first, then decide',
      yaml: `- postgresql_restore:
    target_name: before_release
    target_action: pause
    replace: true`,
    },
    {
      title: 'A standby that streams through a slot of its own',
      yaml: `- postgresql_restore:
    source: db1
    target_action: standby
    primary: host=db1 user=replicator password={{ replication_password }}
    primary_slot: db2
    create_slot: true`,
    },
  ],
  params: restoreParams,
  rules: restoreRules,
  sensitive: ['primary'],
  returns: {
    backup: 'Id of the backup.',
    source: "The cluster's folder in the repository, with its host where that is another one.",
    target: 'The target in the words of the task, and resolved: `asked`, `resolved`.',
    reached: 'What was proven to be reached: `lsn`, `time`, `xid`, `timeline`.',
    new_timeline: 'The timeline that promotion began.',
    set_aside: 'Where the cluster that was replaced is.',
    wal_segments: 'Segments that were fetched from the archive.',
    needs_backup:
      'Whether a base backup should be taken now: the cluster goes on archiving on a new timeline, which no backup begins.',
    standby: 'Of a standby: `streaming`, `replayed` (a WAL position), `primary` and `slot`; null of any other cluster.',
    notes: 'What an operator should know: prepared transactions, collations of other versions.',
    phases: 'Seconds by step.',
  },

  async inspect(ctx, params, before): Promise<State> {
    parseRecoveryGoal(params)
    const ownName = params.name ?? ctx.host
    const own = params.source === undefined || params.source === '' || params.source === ownName
    const layout = layoutFor(ctx, { repository: params.repository, name: own ? ownName : params.source })
    const opened = await onceLetIn(ctx, () =>
      openPlace(
        ctx.session,
        before?.place?.cluster.dataDirectory ?? params.cluster,
        async (owner) => requireIdentity(await readRepository(owner, layout)).major_version,
        (user) => ctx.sessionAs(user),
      ),
    )
    const standby = params.target_action === 'standby' ? parseStandbyWish(params, own, layout.place) : undefined
    const wish = { ...params, standby }
    if (opened === undefined) return { layout, wish, place: undefined, foreseen: params.cluster ?? 'the cluster' }
    const { cluster, session } = opened
    const { dataDirectory, binDirectory } = cluster
    const host = await inspectHost(session, { dataDirectory, binDirectory, folders: [] })
    const place = { layout, cluster, host }
    const wanted = { source: layout.place, own, wish }
    const record = restoredAlready(host, wanted)
    const done = record !== undefined && record.run_id === ctx.runId
    if (standby && (done || !params.again)) {
      const identity = async () => requireIdentity(await readRepository(session, layout)).system_identifier
      const found = await findStandby(session, { ...cluster, dataDirectory }, host, standby, record, identity)
      if (found) return { layout, wish, place, record, standby: found }
    }
    const settled = done || (record !== undefined && (standby || !mayHaveGrown(wanted)) && !params.again)
    if (settled && !done && record?.state === 'done') {
      ctx.warn(
        `run ${record.run_id} did this restore${record.finished ? `, at ${record.finished}` : ''}; what was written since stays (again: true does it anew)`,
      )
    }
    if (settled) return { layout, wish, place, record }
    const ground = await onceLetIn(ctx, () => readGround(session, layout))
    if (ground === undefined) {
      checkOccupation({ host, wish })
      return { layout, wish, place, foreseen: dataDirectory }
    }
    const identity = requireIdentity(ground.repository)
    const primary = standby && (await requirePrimary(session, cluster, host, standby, identity))
    const resumption = await findResumption(session, host, wanted)
    const plan = await makePlan(session, host, {
      runId: resumption?.record.run_id ?? ctx.runId,
      cluster,
      ...ground,
      own,
      wish,
      primary,
      resumption,
      signal: ctx.signal,
      onProgress: (done, total) => ctx.progress({ phase: 'prove WAL', done, total, unit: 'segments' }),
      ...(record && !params.again ? { restored: record } : {}),
    })
    return plan === 'restored' ? { layout, wish, place, record } : { layout, wish, place, plan }
  },

  diff({ layout, wish, place, plan, record, standby, foreseen }) {
    if (foreseen !== undefined) return [{ subject: foreseen, before: null, after: `restored from ${layout.place}` }]
    if (plan) return [...planChanges(plan), ...(wish.standby ? becomingStandby(wish.standby, plan.primary) : [])]
    if (standby && wish.standby) return standbyChanges(standby.look, wish.standby, standby.replaying)
    return record && place ? remainingChanges(record, place.host, wish) : []
  },

  async apply(ctx, params, changes, state) {
    const { place, wish } = state
    if (!place) return undefined
    const world = await worldOf(ctx, place.cluster)
    if (state.plan) {
      for (const warning of copiedDuring(state.plan.resolution)) ctx.warn(warning)
      const record = await restore(world, state.plan)
      if (record.own && record.state === 'done') {
        ctx.warn(
          `timeline ${record.new_timeline} begins here: take a base backup now, so that it can be restored alone`,
        )
      }
      for (const word of wordsAfter(record, wish)) ctx.warn(word)
      if (world.root === undefined && place.cluster.layout === 'debian' && record.state === 'done') {
        ctx.warn(
          'it was started without systemd, which takes its unit for stopped; run as root (-b) to have it started there',
        )
      }
      return undefined
    }
    if (!state.record) return undefined
    const cluster = { ...place.cluster, dataDirectory: place.host.dataDirectory }
    if (state.standby && wish.standby) {
      await mendStandby(world, cluster, state.record, state.standby, wish.standby, changes)
      return undefined
    }
    const action = params.target_action
    const stopped =
      state.record.state === 'shutdown' || (state.record.state === 'paused' && place.host.servers.length === 0)
    const record = stopped && action !== 'shutdown' ? await resumeRecovery(world, cluster, state.record) : state.record
    await finish(world, cluster, record, { action, release: params.release, standby: wish.standby }, new Phases())
    return undefined
  },

  result(state, params): ResultFields {
    const asked = describeTarget(parseRecoveryGoal(params).target)
    const { record, plan, layout } = state
    return {
      backup: record?.backup ?? plan?.resolution.backup.id,
      source: layout.place,
      target: { asked, resolved: record?.target ?? (plan ? describeTarget(plan.resolution.goal.target) : undefined) },
      reached: record?.reached ?? null,
      new_timeline: record?.new_timeline ?? null,
      set_aside: record?.set_aside ?? plan?.setAside ?? null,
      wal_segments: record?.wal_segments ?? null,
      needs_backup: record?.own === true && record.new_timeline !== null,
      standby: state.standby ? standbyFields(state.standby.look) : null,
      notes: record?.notes ?? [],
      phases: record?.phases ?? {},
    }
  },
})

const worldOf = async (ctx: ModuleContext, cluster: Cluster): Promise<RestoreWorld> => ({
  owner: await ownerSession(ctx, cluster),
  root: rootSession(ctx),
  signal: ctx.signal,
  progress: (phase, done, total, unit) => ctx.progress({ phase, done, total, unit }),
  warn: ctx.warn,
})
