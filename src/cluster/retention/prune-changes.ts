import type { Change } from '../../base/change.ts'
import { formatSize } from '../../base/size.ts'
import { parseSegment } from '../../postgres/wal-segment.ts'
import type { WalFile } from '../repository/wal-file.ts'
import type { PrunePlan, RemovedFolder } from './plan-prune.ts'

/** What a plan removes as changes: a folder each, and the WAL timeline by timeline in unbroken ranges. */
export const pruneChanges = (plan: PrunePlan): Change[] => [
  ...plan.backups.map((folder) => ({ subject: `backup ${folder.id}`, before: describeFolder(folder), after: null })),
  ...timelinesOf(plan.wal).map(([timeline, files]) => ({
    subject: `WAL of timeline ${timeline}`,
    before: describeWal(files, plan.segmentSize),
    after: null,
  })),
]

const describeFolder = ({ why, words, size }: RemovedFolder): string =>
  [...(why === 'expired' ? [] : [why]), ...(words === '' ? [] : [words]), formatSize(size)].join(', ')

const timelinesOf = (files: readonly WalFile[]): [number, WalFile[]][] => {
  const byTimeline = new Map<number, WalFile[]>()
  for (const file of files) {
    const { timeline } = file.file
    byTimeline.set(timeline, [...(byTimeline.get(timeline) ?? []), file])
  }
  return [...byTimeline].sort(([a], [b]) => a - b)
}

/** `00…01 to 00…09, 9 segments, 3.10 MB`, a range each, then what is no segment by its name. */
const describeWal = (files: readonly WalFile[], segmentSize: number): string[] => {
  const ranges: { first: string; last: string; next: bigint; count: number; size: number }[] = []
  for (const { name, size, file } of files) {
    if (file.kind !== 'segment') continue
    const { number } = parseSegment(name, segmentSize)
    const range = ranges.at(-1)
    // The same segment may lie there twice, under two compressions.
    if (range !== undefined && (range.next === number || range.last === name)) {
      range.count += range.last === name ? 0 : 1
      range.last = name
      range.next = number + 1n
      range.size += size
    } else ranges.push({ first: name, last: name, next: number + 1n, count: 1, size })
  }
  const others = files.filter(({ file }) => file.kind !== 'segment')
  return [
    ...ranges.map(({ first, last, count, size }) =>
      count === 1 ? `${first}, ${formatSize(size)}` : `${first} to ${last}, ${count} segments, ${formatSize(size)}`,
    ),
    ...others.map(({ name, size }) => `${name}, ${formatSize(size)}`),
  ]
}
