import { z } from 'zod'
import { parseDuration } from '../../base/duration.ts'
import { lookAround } from '../../cluster/catalogue/look.ts'
import { type Repository, readRepository, requireIdentity } from '../../cluster/repository/read.ts'
import { type PruneGround, type PrunePlan, type PruneWish, planPrune } from '../../cluster/retention/plan-prune.ts'
import { type ProofDepth, proveKept } from '../../cluster/retention/prove-kept.ts'
import { prune } from '../../cluster/retention/prune.ts'
import { pruneChanges } from '../../cluster/retention/prune-changes.ts'
import type { Session } from '../../host/connection.ts'
import { featuresOf } from '../../postgres/version.ts'
import { defineModule } from '../contract.ts'
import { fault } from '../rules.ts'
import { integer, integerFrom } from '../shared/params.ts'
import { duration } from '../shared/understood.ts'
import { repositoryParams } from './shared/repository-params.ts'
import { folderHere, layoutHere, openRepository, programsFor } from './shared/repository-session.ts'

interface State {
  readonly session: Session
  readonly ground: PruneGround
  readonly plan: PrunePlan
  /** The moment that ages count from; the proof takes it over. */
  readonly now: Date
  /** Ids of the backups that were proven because something goes. */
  readonly proven: readonly string[]
}

const count = integerFrom(1)

const params = z.strictObject({
  ...repositoryParams,
  keep_count: count.optional().describe('Keep so many of the newest full backups, each with the increments to it.'),
  keep_for: duration.optional().describe('Keep backups that ended since (`30d`).'),
  recovery_window: duration
    .optional()
    .describe(
      'Keep what is needed to restore any moment since (`14d`): the backups of that time and the newest one before it.',
    ),
  minimum: count
    .optional()
    .describe('Never leave fewer full backups, however old they are. Default: 2, or `keep_count` where that is 1.'),
  timeline: integer
    .optional()
    .describe(
      'The timeline that counts, with what was forked from it since; what leads only to others is given up. Default: every timeline that leads to an end of its own is kept for, so after a fork somebody has to decide.',
    ),
  prove: z
    .enum(['presence', 'files', 'wal'])
    .default('files')
    .describe(
      'How the newest backup that stays is proven before anything goes: `presence` by names and sizes, `files` by its digests too, `wal` with pg_waldump all WAL behind it as well.',
    ),
})

const wishOf = (given: z.output<typeof params>): PruneWish => ({
  rules: {
    keepCount: given.keep_count,
    keepFor: given.keep_for === undefined ? undefined : parseDuration(given.keep_for),
    recoveryWindow: given.recovery_window === undefined ? undefined : parseDuration(given.recovery_window),
    minimum: given.minimum ?? Math.min(2, given.keep_count ?? 2),
  },
  timeline: given.timeline,
})

/** Removes backups and WAL that no rule wants any more. */
export default defineModule({
  kind: 'state',
  summary: 'Removes backups and WAL that are no longer needed.',
  description: `A backup stays while any of the rules wants it; at least one rule is needed. What a kept increment stands on stays
too, and so does a backup that is being restored at the moment.

WAL stays exactly as far as the kept backups need it: from the start of each one along every timeline that leads on from
it. It is computed along the tree of timelines, never by the order of names. History files stay for ever.

Nothing goes unless the newest backup that stays, and the WAL behind it, is proven. Check mode does that too, and its
diff names everything that a run removes. While a backup is being taken the task fails.

It works wherever the folder of the repository is: on a database host, or on a host that holds repositories only.`,
  examples: [
    {
      title: 'Any moment of two weeks, and never fewer than three backups',
      yaml: `- postgresql_prune:
    recovery_window: 14d
    minimum: 3`,
    },
    {
      title: 'The newest seven, and all of the last month',
      yaml: `- postgresql_prune:
    keep_count: 7
    keep_for: 30d`,
    },
    {
      title: 'Give up what a standby wrote that was promoted by mistake',
      yaml: `- postgresql_prune:
    recovery_window: 14d
    timeline: 1`,
    },
  ],
  params,
  rules: (given) => [
    () => folderHere(given.repository),
    () =>
      given.keep_count === undefined && given.keep_for === undefined && given.recovery_window === undefined
        ? fault(undefined, 'needs a rule: keep_count, keep_for or recovery_window')
        : undefined,
  ],
  returns: {
    kept: 'Backups that stay: `id`, `type`, `stop_time`, `timeline`, `size` and `reasons`.',
    removed_backups: 'Folders that went (in check mode: would go): `id`, `size`, `why`.',
    removed_wal: 'Names of the files of the archive that went, or would.',
    freed: 'Bytes.',
    spared: 'Backups that stayed because somebody began to read them: `id`, `reader`.',
    proven: 'Backups that were proven before.',
    futures: 'Timelines that lead to different ends.',
    warnings: 'What somebody should look at.',
  },

  async inspect(ctx, given, before): Promise<State> {
    const layout = layoutHere(ctx, given)
    const now = before?.now
    if (before !== undefined && now !== undefined) {
      const { session } = before
      const ground = { repository: await readRepository(session, layout), look: await lookAround(session, layout) }
      return { ...before, ground, plan: planPrune(ground, wishOf(given), now) }
    }
    const { session, repository } = await openRepository(ctx, layout, given.cluster)
    const ground = { repository, look: await lookAround(session, layout) }
    const plan = planPrune(ground, wishOf(given), repository.now)
    for (const warning of plan.warnings) ctx.warn(warning)
    const removes = plan.wal.length > 0 || plan.backups.some(({ why }) => why !== 'never finished')
    const proven = removes
      ? await proveKept(session, repository, plan, {
          depth: given.prove,
          binDirectory: needsPrograms(given.prove, repository)
            ? await programsFor(ctx, repository, given.cluster)
            : undefined,
          signal: ctx.signal,
          onProgress: (phase, done, total, unit) => ctx.progress({ phase, done, total, unit }),
        })
      : []
    return { session, ground, plan, now: repository.now, proven }
  },

  diff({ plan }, _given, before) {
    if (before === undefined) return pruneChanges(plan)
    // In the proof only what was to go counts; more may have come since.
    const folders = new Set(before.plan.backups.map(({ id }) => id))
    const files = new Set(before.plan.wal.map(({ path }) => path))
    return pruneChanges({
      ...plan,
      backups: plan.backups.filter(({ id }) => folders.has(id)),
      wal: plan.wal.filter(({ path }) => files.has(path)),
    })
  },

  async apply(ctx, given, _changes, state) {
    const { session, ground, plan, now } = state
    const { backups, wal, spared } = await prune({
      session,
      ground,
      plan,
      wish: wishOf(given),
      now,
      runId: ctx.runId,
      signal: ctx.signal,
      onProgress: (phase, done, total) => ctx.progress({ phase, done, total, unit: 'files' }),
    })
    for (const { id, reader } of spared)
      ctx.warn(`backup ${id} stays for now: it is being read${reader && ` by ${reader}`}`)
    return { ...removedOf(backups, wal), spared }
  },

  result({ plan, ground, proven }) {
    const { backups } = ground.repository
    const kept = plan.kept.map(({ backup, reasons }) => {
      const record = backups.find(({ id }) => id === backup.id)
      const { id, timeline } = backup
      return { id, type: record?.type, stop_time: record?.stop_time, timeline, size: record?.stored_size, reasons }
    })
    return {
      kept,
      ...removedOf(plan.backups, plan.wal),
      spared: [],
      proven,
      futures: plan.futures,
      warnings: plan.warnings,
    }
  },
})

/** Digests alone need none of PostgreSQL's programs, but from the version on that can read archives they help. */
const needsPrograms = (depth: ProofDepth, repository: Repository): boolean =>
  depth === 'wal' || (depth === 'files' && featuresOf(requireIdentity(repository).major_version).verifyTar)

const removedOf = (backups: PrunePlan['backups'], wal: PrunePlan['wal']) => ({
  removed_backups: backups.map(({ id, size, why }) => ({ id, size, why })),
  removed_wal: wal.map(({ name }) => name),
  freed: [...backups, ...wal].reduce((sum, { size }) => sum + size, 0),
})
