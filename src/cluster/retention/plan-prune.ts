import { LifeboatError } from '../../base/errors.ts'
import {
  decideRetention,
  futuresFrom,
  type KeptBackup,
  type RetentionRules,
  type StoredBackup,
} from '../../postgres/retention.ts'
import type { TimelineTree } from '../../postgres/timeline-tree.ts'
import { isRemovable, walNeeds } from '../../postgres/wal-retention.ts'
import type { RepositoryLook } from '../catalogue/look.ts'
import type { SegmentSource } from '../chain/segment-source.ts'
import { isBackupId } from '../repository/layout.ts'
import { type Repository, requireIdentity } from '../repository/read.ts'
import type { WalFile } from '../repository/wal-file.ts'
import { archivedWal } from '../restore/make-plan.ts'
import { futuresOf, lostHistories } from '../restore/timeline-futures.ts'
import { storedBackups } from './stored-backups.ts'

/** What a user wants to keep. */
export interface PruneWish {
  readonly rules: RetentionRules
  /** The one timeline that counts with what was forked from it since; undefined for all. */
  readonly timeline: number | undefined
}

/** What is in a repository, as it was found. */
export interface PruneGround {
  readonly repository: Repository
  readonly look: RepositoryLook
}

/** A folder below `backup` that goes. */
export interface RemovedFolder {
  readonly id: string
  /** Bytes. */
  readonly size: number
  readonly why: 'expired' | 'damaged' | 'never finished'
  /** For people, of an expired backup: `full, ended 2026-11-22T01:30:12Z`. */
  readonly words: string
}

/** What is kept and what goes. */
export interface PrunePlan {
  readonly tree: TimelineTree
  readonly sources: readonly SegmentSource[]
  readonly segmentSize: number
  readonly futures: readonly number[]
  /** Of the futures those that count. */
  readonly wanted: readonly number[]
  readonly kept: readonly KeptBackup[]
  /** In the order in which they go. */
  readonly backups: readonly RemovedFolder[]
  /** Oldest first. */
  readonly wal: readonly WalFile[]
  /** What a person should know. */
  readonly warnings: readonly string[]
}

/**
 * Decides what of a repository goes; pure. Without a whole backup nothing does.
 *
 * @param now the moment that ages count from
 * @throws retention/history-lost, retention/nothing-kept, postgres/no-such-timeline
 */
export const planPrune = (ground: PruneGround, wish: PruneWish, now: Date): PrunePlan => {
  const { repository, look } = ground
  const segmentSize = requireIdentity(repository).wal_segment_size
  const { tree, sources } = archivedWal(repository, segmentSize)
  requireOneRoot(tree)
  const futures = futuresOf(tree, sources, segmentSize)
  const wanted = wish.timeline === undefined ? futures : futuresFrom(tree, futures, tree.get(wish.timeline).id)
  const backups = storedBackups(repository.backups, look.readers)
  const { rules } = wish
  const retention = decideRetention({ backups, tree, futures, wanted, rules, now: now.getTime() })
  const { kept } = retention
  const ground0 = { tree, sources, segmentSize, futures, wanted, kept }
  const warnings = warningsOf(ground, retention.orphans, wanted)
  if (kept.length === 0) {
    if (backups.length > 0) throw nothingKept(wish, backups)
    return { ...ground0, backups: [], wal: [], warnings }
  }
  const needs = walNeeds(kept, tree, segmentSize)
  return {
    ...ground0,
    backups: [
      ...unfinished(ground),
      ...retention.expired.map((backup) => expired(repository, backup)),
      ...useless(ground, retention.orphans, kept, rules, now),
    ],
    wal: repository.wal
      .filter(({ file }) => isRemovable(file, { needs, tree, segmentSize, named: wish.timeline }))
      .sort((a, b) => (a.name.slice(8) < b.name.slice(8) ? -1 : a.name.slice(8) > b.name.slice(8) ? 1 : 0)),
    warnings,
  }
}

// With two first timelines one of them has lost its history file: what leads to it would look as if it led nowhere.
const requireOneRoot = (tree: TimelineTree): void => {
  const lost = lostHistories(tree)
  if (lost.length === 0) return
  const names = lost.join(' and ')
  throw new LifeboatError('retention/history-lost', `the archive holds WAL of timeline ${names} and no history file`, {
    hints: [
      'where it was forked is not known, and so is which backups lead to it; nothing was removed',
      "put the .history file back: it is in pg_wal of the cluster, or move that timeline's folder away",
    ],
  })
}

const nothingKept = (wish: PruneWish, backups: readonly StoredBackup[]): LifeboatError =>
  new LifeboatError(
    'retention/nothing-kept',
    wish.timeline === undefined
      ? 'the rules would keep no backup at all'
      : `no whole backup leads to timeline ${wish.timeline}`,
    { hints: ['nothing was removed', ...backups.map(({ id, timeline }) => `${id} is on timeline ${timeline}`)] },
  )

const expired = (repository: Repository, { id }: StoredBackup): RemovedFolder => {
  const record = repository.backups.find((candidate) => candidate.id === id)
  const words = `${record?.type ?? 'full'}, ended ${record?.stop_time}, timeline ${record?.timeline}`
  return { id, size: record?.stored_size ?? 0, why: 'expired', words }
}

/** What an interrupted backup or removal left, unless it is at work at the moment. */
const unfinished = ({ repository, look }: PruneGround): RemovedFolder[] =>
  repository.locked
    ? []
    : repository.incomplete.map((id) => ({ id, size: look.folders.get(id) ?? 0, why: 'never finished', words: '' }))

/** Damaged backups and increments to nothing, where they are older than all that is kept and than the rules reach. */
const useless = (
  { repository, look }: PruneGround,
  orphans: readonly StoredBackup[],
  kept: readonly KeptBackup[],
  rules: RetentionRules,
  now: Date,
): RemovedFolder[] => {
  const oldestKept = kept.map(({ backup }) => backup.id).sort()[0] ?? ''
  const reach = Math.max(rules.keepFor ?? 0, rules.recoveryWindow ?? 0)
  const limit = new Date(now.getTime() - reach * 1000).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  return [...repository.damaged.map(({ id }) => id), ...orphans.map(({ id }) => id)]
    .filter((id) => isBackupId(id) && id < oldestKept && id < limit && !look.readers.has(id))
    .sort()
    .map((id) => ({ id, size: look.folders.get(id) ?? 0, why: 'damaged', words: '' }))
}

const warningsOf = (
  { repository }: PruneGround,
  orphans: readonly StoredBackup[],
  wanted: readonly number[],
): string[] => [
  ...repository.damaged.map(({ id, reason }) => `backup ${id} is damaged and counts for no rule: ${reason}`),
  ...orphans.map(({ id, parent }) => `backup ${id} is an increment to ${parent}, which is not there`),
  ...(wanted.length > 1
    ? [`timelines ${wanted.join(' and ')} lead to different ends and each keeps its own; name one with timeline`]
    : []),
]
