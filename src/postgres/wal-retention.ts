import type { ArchiveFile } from './archive-file.ts'
import type { KeptBackup } from './retention.ts'
import { isOrDescends } from './retention.ts'
import type { TimelineTree } from './timeline-tree.ts'
import { parseSegment, segmentBeforeLsn, segmentOfLsn } from './wal-segment.ts'

/** The segments of one timeline that are needed, both ends included; without `last` all that will ever come. */
export interface WalRange {
  readonly first: bigint
  readonly last: bigint | undefined
}

export interface WalNeeds {
  readonly byTimeline: ReadonlyMap<number, readonly WalRange[]>
  /** The lowest number that any kept backup needs, on whatever timeline. */
  readonly lowest: bigint
}

/**
 * The WAL that kept backups need, timeline by timeline: from the start of each backup along the history of every future
 * that it can reach, and in any case up to its own end.
 */
export const walNeeds = (kept: readonly KeptBackup[], tree: TimelineTree, segmentSize: number): WalNeeds => {
  const ranges = new Map<number, WalRange[]>()
  for (const { backup, futures } of kept) {
    const ways = [
      tree.path(backup.timeline, backup.start, backup.stop),
      ...futures.map((future) => tree.path(future, backup.start)),
    ]
    for (const { timeline, from, to } of ways.flat()) {
      const last = to === undefined ? undefined : segmentBeforeLsn(to, segmentSize)
      ranges.set(timeline, [...(ranges.get(timeline) ?? []), { first: segmentOfLsn(from, segmentSize), last }])
    }
  }
  const starts = kept.map(({ backup }) => segmentOfLsn(backup.start, segmentSize)).sort(byNumber)
  const byTimeline = new Map([...ranges].map(([timeline, list]) => [timeline, merge(list)] as const))
  return { byTimeline, lowest: starts[0] ?? 0n }
}

export interface WalRemoval {
  readonly needs: WalNeeds
  readonly tree: TimelineTree
  readonly segmentSize: number
  /** The one timeline that counts, where a person named it. */
  readonly named: number | undefined
}

/**
 * Whether a file of the archive is needed by nobody any more.
 *
 * - History files stay for ever: they are small, and without one a timeline's place in the tree is lost.
 * - A segment goes when its timeline leads on from a kept backup and the segment lies outside what is needed of it. On
 *   a timeline to which no backup leads it goes when it is older than everything that is needed, or when a person
 *   said which timeline counts and it is another one.
 * - A `.backup` file goes with the segment in which its backup began.
 * - A `.partial` file goes only when it is older than everything that is needed (trap A5).
 */
export const isRemovable = (file: ArchiveFile, { needs, tree, segmentSize, named }: WalRemoval): boolean => {
  if (file.kind === 'timeline-history') return false
  const { timeline, number } = parseSegment(file.segment, segmentSize)
  if (file.kind === 'partial' || number < needs.lowest) return number < needs.lowest
  const ranges = needs.byTimeline.get(timeline)
  if (ranges !== undefined) return !ranges.some((range) => isWithin(number, range))
  return named !== undefined && !(tree.has(timeline) && isOrDescends(tree, timeline, named))
}

/** Whether a segment of a timeline is needed. */
export const isNeeded = (needs: WalNeeds, timeline: number, number: bigint): boolean =>
  needs.byTimeline.get(timeline)?.some((range) => isWithin(number, range)) ?? false

const isWithin = (number: bigint, { first, last }: WalRange): boolean =>
  number >= first && (last === undefined || number <= last)

/** Ranges that touch or overlap become one. */
const merge = (ranges: readonly WalRange[]): readonly WalRange[] => {
  const merged: WalRange[] = []
  for (const range of [...ranges].sort((a, b) => byNumber(a.first, b.first))) {
    const before = merged.at(-1)
    if (before === undefined || (before.last !== undefined && range.first > before.last + 1n)) {
      merged.push(range)
    } else {
      const ends = [before.last, range.last]
      const last = ends.includes(undefined)
        ? undefined
        : ends
            .map((end) => end ?? 0n)
            .sort(byNumber)
            .at(-1)
      merged[merged.length - 1] = { first: before.first, last }
    }
  }
  return merged
}

const byNumber = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
