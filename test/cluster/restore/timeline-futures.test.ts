import { expect, test } from 'vitest'
import type { SegmentSource } from '../../../src/cluster/chain/segment-source.ts'
import { findCandidates } from '../../../src/cluster/restore/candidates.ts'
import { allowedTimelines, futuresOf, lostHistories, trunkOf } from '../../../src/cluster/restore/timeline-futures.ts'
import { parseLsn } from '../../../src/postgres/lsn.ts'
import { TimelineTree } from '../../../src/postgres/timeline-tree.ts'

const MB = 1 << 20
const segment = (timeline: number, number: bigint): SegmentSource => ({
  name: '',
  timeline,
  number,
  path: '',
  compression: 'none',
  origin: 'archive',
})
// 1 ──┬── (1 goes on) ; 2 forked from 1 at 0/500100, 3 from 2 at 0/800000
const tree = new TimelineTree(
  new Map([
    [2, '1\t0/500100\tno recovery target specified\n'],
    [3, '1\t0/500100\tno\n2\t0/800000\tbefore transaction 9\n'],
  ]),
  [1],
)
const backup = (timeline: number, stop_lsn: string) => ({ timeline, stop_lsn }) as never

test('after a fail-over there is one future: the old timeline ended where the new one began', () => {
  expect(futuresOf(tree, [segment(1, 4n), segment(2, 5n), segment(2, 7n), segment(3, 8n)], MB)).toEqual([3])
})

test('R16: where the old timeline was archived beyond the fork there are two', () => {
  expect(futuresOf(tree, [segment(1, 5n), segment(2, 7n), segment(3, 8n)], MB)).toEqual([1, 3])
})

test('two futures have their way to the fork in common', () => {
  expect(trunkOf(tree, [1, 3])).toEqual({ timeline: 1, end: parseLsn('0/500100') })
  expect(trunkOf(tree, [2, 3])).toEqual({ timeline: 2, end: parseLsn('0/800000') })
})

test('R16: only futures that pass through the end of a backup can be reached', () => {
  const before = backup(1, '0/400000')
  const behind = backup(1, '0/600000')
  expect(allowedTimelines(tree, [1, 3], [before], undefined)).toEqual([3, 1])
  expect(allowedTimelines(tree, [1, 3], [behind], undefined)).toEqual([1])
  expect(allowedTimelines(tree, [1, 3], [before], 'latest')).toEqual([3])
  expect(allowedTimelines(tree, [1, 3], [before], 2)).toEqual([2])
  expect(() => allowedTimelines(tree, [1, 3], [behind], 2)).toThrow('no backup leads to timeline 2')
  expect(() => allowedTimelines(tree, [1, 3], [before], 9)).toThrow('there is no timeline 9 in the archive')
})

test('R16, R17: WAL without the history of its timeline is refused, in the own place whatever is named', () => {
  const broken = new TimelineTree(new Map([[3, '1\t0/500100\tno\n']]), [1, 2])
  expect(lostHistories(broken)).toEqual([2])
  expect(lostHistories(tree)).toEqual([])
  const backups = [{ ...(backup(1, '0/400000') as object), stop_time: '2026-11-22T01:30:00Z' }]
  const repository = { backups, layout: { walFolder: '/srv/db1/wal' } } as never
  const find = (own: boolean, timeline: number | 'latest' | undefined) => () =>
    findCandidates({ repository, tree: broken, futures: [1, 3], target: { kind: 'latest' }, own, timeline, backup: '' })
  const message = 'the archive holds WAL of timeline 2, and 00000002.history is lost'
  for (const timeline of [undefined, 'latest', 2] as const) expect(find(false, timeline)).toThrow(message)
  expect(find(false, 1)().list).toHaveLength(1)
  // The server would call its new timeline 2 as well.
  expect(find(true, 1)).toThrow(message)
})
