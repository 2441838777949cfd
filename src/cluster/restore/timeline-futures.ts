import { LifeboatError } from '../../base/errors.ts'
import { formatLsn, type Lsn } from '../../postgres/lsn.ts'
import type { TimelineTree } from '../../postgres/timeline-tree.ts'
import { segmentOfLsn } from '../../postgres/wal-segment.ts'
import type { SegmentSource } from '../chain/segment-source.ts'
import type { BackupRecord } from '../repository/backup-record.ts'
import { backupEnd } from './backup-span.ts'

/**
 * The timelines that lead to different ends: those without a child, and those of which WAL was archived beyond the fork
 * of every child. After a test restore that archived into the same folder there are two (trap R16).
 */
export const futuresOf = (
  tree: TimelineTree,
  segments: readonly SegmentSource[],
  segmentSize: number,
): readonly number[] => {
  const newest = new Map<number, bigint>()
  for (const { timeline, number } of segments) {
    if (number > (newest.get(timeline) ?? -1n)) newest.set(timeline, number)
  }
  return tree.all
    .filter(({ id }) => {
      const lastFork = tree.childrenOf(id).at(-1)?.start
      return lastFork === undefined || (newest.get(id) ?? -1n) >= segmentOfLsn(lastFork, segmentSize)
    })
    .map(({ id }) => id)
}

/**
 * Timelines of which there is WAL and no history file, so that nobody can tell where they were forked: all that have no
 * parent but the first.
 */
export const lostHistories = (tree: TimelineTree): readonly number[] =>
  tree.all.flatMap(({ id, parent }) => (parent === undefined ? [id] : [])).slice(1)

/** Whether recovery from a backup can follow a timeline. */
export const leadsTo = (tree: TimelineTree, backup: BackupRecord, timeline: number): boolean =>
  tree.has(timeline) && tree.passesThrough(timeline, backup.timeline, backupEnd(backup))

/** The way that all of several timelines have in common: up to `end`, on `timeline`. */
export interface Trunk {
  readonly timeline: number
  readonly end: Lsn
}

/** Where several timelines part; undefined when they have nothing in common. */
export const trunkOf = (tree: TimelineTree, timelines: readonly number[]): Trunk | undefined => {
  const paths = timelines.map((timeline) => tree.path(timeline, 0n))
  const [first = [], ...others] = paths
  let trunk: Trunk | undefined
  for (const [index, piece] of first.entries()) {
    const pieces = others.map((path) => path[index])
    if (pieces.some((other) => other?.timeline !== piece.timeline)) break
    const ends = [piece, ...pieces].flatMap((other) => (other?.to === undefined ? [] : [other.to]))
    const end = ends.reduce<Lsn | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined)
    if (end === undefined) break
    trunk = { timeline: piece.timeline, end }
    if (pieces.some((other) => other?.to !== piece.to)) break
  }
  return trunk
}

/**
 * The timelines that a wish allows, newest first: the one that it names, or every future to which a backup leads.
 *
 * @param asked undefined where the user named none
 * @throws restore/no-such-timeline, restore/timeline-unreachable
 */
export const allowedTimelines = (
  tree: TimelineTree,
  futures: readonly number[],
  backups: readonly BackupRecord[],
  asked: 'latest' | number | undefined,
): readonly number[] => {
  const reachable = tree.all.map(({ id }) => id).filter((id) => backups.some((backup) => leadsTo(tree, backup, id)))
  if (asked === 'latest') return reachable.slice(-1)
  if (asked === undefined) return futures.filter((id) => reachable.includes(id)).sort((a, b) => b - a)
  if (reachable.includes(asked)) return [asked]
  const known = tree.has(asked)
  throw new LifeboatError(
    known ? 'restore/timeline-unreachable' : 'restore/no-such-timeline',
    known ? `no backup leads to timeline ${asked}` : `there is no timeline ${asked} in the archive`,
    { hints: [`timelines that can be reached: ${reachable.join(', ') || 'none'}`, ...describeTree(tree)] },
  )
}

/** The refusal to choose between futures: a person must say which one is meant. */
export const chooseTimeline = (
  tree: TimelineTree,
  futures: readonly number[],
  trunk: Trunk | undefined,
): LifeboatError =>
  new LifeboatError(
    'restore/timeline-choice',
    `the archive holds ${futures.length} futures: timelines ${[...futures].sort((a, b) => a - b).join(' and ')}`,
    {
      hints: [
        ...describeTree(tree),
        ...(trunk ? [`they part at ${formatLsn(trunk.end)}; the target is not before it`] : []),
        'say which one with target_timeline: its number, latest, or current for that of the backup',
      ],
      data: { futures: [...futures] },
    },
  )

const describeTree = (tree: TimelineTree): string[] =>
  tree.all.flatMap(({ id, parent, start, reason }) =>
    parent === undefined
      ? []
      : [`timeline ${id} was forked from ${parent} at ${formatLsn(start)}${reason === '' ? '' : `: ${reason}`}`],
  )
