import { z } from 'zod'
import type { Change } from '../../base/change.ts'
import { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import { formatSize } from '../../base/size.ts'
import type { Cluster } from '../../cluster/locate.ts'
import { openPlace } from '../../cluster/restore/adopt-directory.ts'
import { type HostState, inspectHost } from '../../cluster/restore/host-state.ts'
import { whileLocked } from '../../cluster/restore/lock.ts'
import { checkReleasable, removeSetAside } from '../../cluster/restore/release-set-aside.ts'
import { findSetAside, type SetAside } from '../../cluster/restore/set-aside.ts'
import { undoRestore } from '../../cluster/restore/undo.ts'
import { planUndo, type UndoPlan } from '../../cluster/restore/undo-plan.ts'
import { STRANDED, STRANDED_HINTS } from '../../cluster/stranded.ts'
import { defineModule, type ResultFields } from '../contract.ts'
import { bool } from '../shared/params.ts'
import { clusterParam } from './shared/cluster-param.ts'
import { ownerSession } from './shared/open-cluster.ts'
import { rootSession } from './shared/repository-params.ts'

interface State {
  readonly cluster: Cluster
  readonly host: HostState
  readonly aside: readonly SetAside[]
  readonly plan: UndoPlan | undefined
}

const params = z.strictObject({
  cluster: clusterParam,
  state: z
    .enum(['rolled_back', 'released'])
    .default('rolled_back')
    .describe(
      '`rolled_back`: the cluster that the last restore replaced is in its place again. `released`: what restores have set aside is removed.',
    ),
  confirm: bool.default(false).describe('The word without which `released` removes nothing.'),
  start: bool.default(true).describe('Whether the cluster that was put back is started.'),
})

/** Undoes a restore, or ends the possibility to. */
export default defineModule({
  kind: 'state',
  summary: 'Puts back the cluster that a restore replaced, or removes it for good.',
  description: `A restore sets the cluster that it replaces aside and removes nothing. \`state: rolled_back\` stops the restored
cluster, sets it aside in its turn, gives the old one its folders, tablespaces and WAL back and starts it: renames only.
It also ends a restore that was interrupted or has failed. Interrupted itself, the next run goes on.

\`state: released\` with \`confirm: true\` removes all clusters that were set aside beside the data directory. Nothing else in
Lifeboat removes a cluster. Folders that say nothing of themselves are not touched.

The WAL that a restored cluster has archived stays in the repository. Where it was the cluster's own, later restores are
asked for \`target_timeline\`.`,
  examples: [
    { title: 'Back to what was before the restore', yaml: '- postgresql_restore_undo:' },
    {
      title: 'The restore was right: free the space',
      yaml: `- postgresql_restore_undo:
    state: released
    confirm: true`,
    },
  ],
  params,
  returns: {
    restore: 'Run of the restore that was undone, or would be.',
    set_aside: 'Clusters that are set aside now: `path`, `size` in bytes.',
  },

  async inspect(ctx, params, before): Promise<State> {
    const { cluster, session } = await openPlace(
      ctx.session,
      before?.cluster.dataDirectory ?? params.cluster,
      () => majorBeside(ctx.session, params.cluster ?? ''),
      (user) => ctx.sessionAs(user),
    )
    const { dataDirectory, binDirectory } = cluster
    const host = await inspectHost(session, { dataDirectory, binDirectory, folders: [] })
    const aside = await findSetAside(session, host.dataDirectory)
    if (params.state === 'released') {
      checkReleasable(host, aside)
      if (aside.length > 0 && !params.confirm) throw notConfirmed(aside)
      return { cluster, host, aside, plan: undefined }
    }
    const plan = planUndo(host, aside, cluster, ctx.runId, params.start)
    if (!plan && host.stranded && host.servers.length === 0) {
      ctx.warn([`${host.dataDirectory} ${STRANDED}; no restore is to be undone here`, ...STRANDED_HINTS].join('; '))
    }
    return { cluster, host, aside, plan }
  },

  diff({ host, aside, plan }, params) {
    if (params.state === 'released') {
      return aside.map(({ path, size }) => ({ subject: path, before: `a cluster of ${formatSize(size)}`, after: null }))
    }
    return plan ? undoChanges(host, plan, params.start) : []
  },

  async apply(ctx, params, _changes, { cluster, host, aside, plan }) {
    const world = {
      owner: await ownerSession(ctx, cluster),
      root: rootSession(ctx),
      signal: ctx.signal,
      progress: () => undefined,
      warn: ctx.warn,
    }
    if (params.state === 'released') {
      for (const { path, tablespaces, journal } of aside) {
        for (const folder of tablespaces) {
          const moved = journal.set_aside.some(({ from }) => from.startsWith(`${folder}/`))
          if (!moved) ctx.warn(`${path} had a tablespace in ${folder}, which stays: it was not set aside with it`)
        }
      }
      await whileLocked(world.owner, host.dataDirectory, ctx.runId, () => removeSetAside(world, aside))
      return undefined
    }
    if (!plan) return undefined
    await whileLocked(world.owner, host.dataDirectory, ctx.runId, () =>
      undoRestore(world, cluster, host, plan, ctx.runId, params.start),
    )
    const { record } = host
    if (record?.standby?.slot) {
      ctx.warn(
        `the slot ${record.standby.slot} of the undone standby keeps WAL on its primary: SELECT pg_drop_replication_slot('${record.standby.slot}') there, unless another standby takes it`,
      )
    }
    if (plan.kind === 'exchange' && record?.own && record.new_timeline !== null) {
      ctx.warn(
        `timeline ${record.new_timeline} of the undone restore stays in the archive: later restores need target_timeline`,
      )
    }
    return undefined
  },

  result({ host, aside, plan }): ResultFields {
    return {
      restore: plan?.restore ?? host.undone?.restore ?? null,
      set_aside: aside.map(({ path, size }) => ({ path, size })),
    }
  },
})

const undoChanges = (host: HostState, plan: UndoPlan, start: boolean): readonly Change[] => {
  const data = host.dataDirectory
  const running = host.servers.length > 0 && !(plan.kind === 'unfinished' && plan.moved)
  const server: Change[] =
    start && (plan.kind !== 'unfinished' || !running)
      ? [{ subject: 'server', before: running ? 'of the restored cluster' : 'stopped', after: 'of the old cluster' }]
      : []
  switch (plan.kind) {
    case 'start':
      return server
    case 'unfinished':
      return [
        {
          subject: data,
          before: `restore ${plan.restore}, not ended`,
          after: plan.moved ? 'the old cluster' : 'the old cluster, untouched',
        },
        ...server,
      ]
    case 'exchange':
      return [
        { subject: data, before: `restored by ${plan.restore}`, after: `the old cluster, from ${plan.old}` },
        { subject: 'restored cluster', before: data, after: plan.journal.set_aside.old },
        ...server,
      ]
  }
}

const notConfirmed = (aside: readonly SetAside[]): LifeboatError =>
  new LifeboatError('restore/not-confirmed', 'clusters that were set aside are removed only with confirm: true', {
    hints: aside.map(({ path, size }) => `would be removed: ${path}, ${formatSize(size)}`),
  })

/** Major version of a cluster whose data directory is missing while it is put back, by what lies beside it. */
const majorBeside = async (
  session: { run(script: string): Promise<{ stdout: string }> },
  path: string,
): Promise<number> => {
  const { stdout } = await session.run(
    `cat ${quote(path.replace(/\/+$/, ''))}.before-*/PG_VERSION 2>/dev/null | head -n 1`,
  )
  return Number(stdout.trim()) || 0
}
