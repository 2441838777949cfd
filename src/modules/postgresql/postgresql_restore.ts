import { z } from 'zod'
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
import type { RestoreWorld } from '../../cluster/restore/restore-world.ts'
import { findResumption } from '../../cluster/restore/resumption.ts'
import { mayHaveGrown, remainingChanges, restoredAlready } from '../../cluster/restore/standing.ts'
import { describeTarget, parseRecoveryGoal } from '../../postgres/recovery-target.ts'
import { defineModule, type ModuleContext, type ResultFields } from '../contract.ts'
import { bool, path, text } from '../shared/params.ts'
import { onceLetIn, readGround } from './shared/once-let-in.ts'
import { ownerSession } from './shared/open-cluster.ts'
import { layoutFor, repositoryParams, rootSession, sourceName } from './shared/repository-params.ts'
import { restoreRules } from './shared/restore-rules.ts'

interface Place {
  readonly layout: RepositoryLayout
  readonly cluster: Cluster
  readonly host: HostState
}

interface State {
  readonly layout: RepositoryLayout
  /** Where it is restored; undefined in check mode where it cannot be known yet. */
  readonly place: Place | undefined
  /** Of the restore that is wanted, where it was done. */
  readonly record?: RestoreRecord | undefined
  /** What is to be done where it was not. */
  readonly plan?: RestorePlan | undefined
  /** Check mode, while the repository host does not let this host in: the data directory that would be restored. */
  readonly foreseen?: string | undefined
}

const params = z.strictObject({
  ...repositoryParams,
  source: sourceName
    .optional()
    .describe("The cluster's name in the repository to restore from. Default: this cluster's own."),
  backup: text.optional().describe('Id or label of a backup. Default: the newest one that ends before the target.'),
  target: z
    .enum(['latest', 'immediate'])
    .optional()
    .describe('`latest` (the default): all WAL there is. `immediate`: as soon as the backup is consistent.'),
  target_time: text
    .optional()
    .describe('A moment with its offset or zone: `2026-11-22 09:30:00+08:00`, `2026-11-22 09:30 Asia/Shanghai`.'),
  target_name: text.optional().describe('A restore point, made with `pg_create_restore_point`.'),
  target_xid: text.optional().describe('A transaction, as `pg_current_xact_id()` gives it.'),
  target_lsn: text.optional().describe('A WAL position: `0/3000028`.'),
  target_inclusive: bool
    .default(true)
    .describe('Whether the transaction or record at a time, xid or lsn is still replayed.'),
  target_timeline: text
    .optional()
    .describe(
      "A timeline's number, `current` (that of the backup) or `latest`. Needed only where the archive holds several futures.",
    ),
  target_action: z
    .enum(['promote', 'pause', 'shutdown'])
    .default('promote')
    .describe('What follows at the target: a writable cluster, one paused for a look at it, or one that is shut down.'),
  replace: bool.default(false).describe('Whether a running or filled cluster is stopped and moved aside.'),
  again: bool
    .default(false)
    .describe('Whether a restore that was done here already is done anew; what was written since is set aside.'),
  set_aside: z
    .enum(['data', 'wal'])
    .default('data')
    .describe('What is kept of the cluster that is replaced: all of it, or its WAL alone where space is short.'),
  tablespace_mapping: z
    .record(z.string(), z.string().startsWith('/', 'must be an absolute path'))
    .default({})
    .describe('New folders of tablespaces, by name or by path in the backup. Default: the same paths.'),
  wal_directory: path
    .refine((folder) => folder.startsWith('/'), 'must be an absolute path')
    .optional()
    .describe('Folder to which `pg_wal` is to be a link. Default: as it was on this host.'),
  verify: bool.default(true).describe("Whether every file is compared with the backup's manifest."),
  older_minor: bool
    .default(false)
    .describe('Whether an older minor version of PostgreSQL than that of the source will do.'),
  resume: z
    .enum(['continue', 'rollback'])
    .default('rollback')
    .describe(
      'What becomes of the same restore where it was interrupted: it is undone and begins anew, or goes on from where its files were unpacked and verified, or from where recovery had come.',
    ),
  release: bool
    .default(true)
    .describe('Whether clients are let in after the target was proven and the cluster promoted.'),
})

/** Restores a cluster from a repository to a point in time. */
export default defineModule({
  kind: 'state',
  summary: 'Restore a cluster from a repository to a point in time',
  description: `Before anything is touched, the target is found in the archived WAL and the whole chain up to it is read: every
segment present, whole, of this cluster, every record following on the one before. Then the backup is unpacked beside the
data directory and compared with its manifest; only then is the old server stopped and its files set aside, by renaming.
The server recovers with everybody but its owner locked out and pauses at the target; the point that was reached is
compared with the one that was asked for, and only if it is the one does a new timeline begin.

PostgreSQL itself ends recovery in silence at a missing or damaged segment. Here \`latest\` becomes the position of the
last record that is there, so that anything less is an error.

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
  ],
  params,
  rules: restoreRules,
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
    if (opened === undefined) return { layout, place: undefined, foreseen: params.cluster ?? 'the cluster' }
    const { cluster, session } = opened
    const { dataDirectory, binDirectory } = cluster
    const host = await inspectHost(session, { dataDirectory, binDirectory, folders: [] })
    const place = { layout, cluster, host }
    const wanted = { source: layout.place, own, wish: params }
    const record = restoredAlready(host, wanted)
    const done = record !== undefined && record.run_id === ctx.runId
    const settled = done || (record !== undefined && !mayHaveGrown(wanted) && !params.again)
    if (settled && !done && record?.state === 'done') {
      ctx.warn(
        `run ${record.run_id} did this restore${record.finished ? `, at ${record.finished}` : ''}; what was written since stays (again: true does it anew)`,
      )
    }
    if (settled) return { layout, place, record }
    const ground = await onceLetIn(ctx, () => readGround(session, layout))
    if (ground === undefined) {
      checkOccupation({ host, wish: params })
      return { layout, place, foreseen: dataDirectory }
    }
    const resumption = await findResumption(session, host, wanted)
    const plan = await makePlan(session, host, {
      runId: resumption?.record.run_id ?? ctx.runId,
      cluster,
      ...ground,
      own,
      wish: params,
      resumption,
      signal: ctx.signal,
      onProgress: (done, total) => ctx.progress({ phase: 'prove WAL', done, total, unit: 'segments' }),
      ...(record && !params.again ? { restored: record } : {}),
    })
    return plan === 'restored' ? { layout, place, record } : { layout, place, plan }
  },

  diff(state, params) {
    const { layout, place, plan, record, foreseen } = state
    if (foreseen !== undefined) return [{ subject: foreseen, before: null, after: `restored from ${layout.place}` }]
    if (plan) return planChanges(plan)
    return record && place ? remainingChanges(record, place.host, params) : []
  },

  async apply(ctx, params, _changes, state) {
    const { place } = state
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
      if (!record.own) ctx.warn('this copy archives nowhere until archive.yml is run for it')
      if (world.root === undefined && place.cluster.layout === 'debian' && record.state === 'done') {
        ctx.warn(
          'it was started without systemd, which takes its unit for stopped; run as root (-b) to have it started there',
        )
      }
      return undefined
    }
    if (!state.record) return undefined
    const cluster = { ...place.cluster, dataDirectory: place.host.dataDirectory }
    const action = params.target_action
    const stopped =
      state.record.state === 'shutdown' || (state.record.state === 'paused' && place.host.servers.length === 0)
    const record = stopped && action !== 'shutdown' ? await resumeRecovery(world, cluster, state.record) : state.record
    await finish(world, cluster, record, { action, release: params.release }, new Phases())
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
