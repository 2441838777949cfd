import { expect, test } from 'vitest'
import type { SegmentSource } from '../../../src/cluster/chain/segment-source.ts'
import { layRoute } from '../../../src/cluster/chain/wal-route.ts'
import { forkLimit } from '../../../src/cluster/restore/fork-limit.ts'
import { formatLsn, parseLsn } from '../../../src/postgres/lsn.ts'
import { TimelineTree } from '../../../src/postgres/timeline-tree.ts'
import { formatSegment } from '../../../src/postgres/wal-segment.ts'

const MB = 1024 * 1024
// Forked in the middle of segment 5, and again in the middle of 7.
const tree = new TimelineTree(
  new Map([
    [2, '1\t0/580000\tno recovery target specified\n'],
    [3, '1\t0/580000\tno recovery target specified\n2\t0/780000\tno recovery target specified\n'],
  ]),
  [1, 2, 3],
)

const source = (timeline: number, number: number, origin: SegmentSource['origin'] = 'archive'): SegmentSource => ({
  name: formatSegment({ timeline, number: BigInt(number) }, MB),
  timeline,
  number: BigInt(number),
  path: `/somewhere/${timeline}-${number}`,
  compression: 'none',
  origin,
})

const limit = (timeline: number, ...sources: SegmentSource[]): string | undefined => {
  const found = forkLimit(tree, layRoute(tree, timeline, sources, MB))
  return found === undefined ? undefined : formatLsn(found)
}

test('R16: where only the timeline that was left has the segment of the fork, the way ends at the fork', () => {
  expect(limit(2, source(1, 4), source(1, 5))).toBe('0/580000')
  expect(limit(3, source(1, 5), source(2, 5), source(2, 6), source(2, 7))).toBe('0/780000')
})

test('R16: where the new timeline has it too, the way goes on', () => {
  expect(limit(2, source(1, 5), source(2, 5))).toBeUndefined()
  expect(limit(3, source(2, 5), source(2, 6), source(3, 7))).toBeUndefined()
  expect(limit(1, source(1, 5))).toBeUndefined()
})

test('R16, R19: the newer timeline comes first, and then the archive before pg_wal', () => {
  const route = layRoute(tree, 2, [source(1, 5), source(2, 5, 'pg_wal')], MB)
  expect(route.at(5n)).toMatchObject({ timeline: 2, origin: 'pg_wal' })
  const same = layRoute(tree, 2, [source(2, 6, 'pg_wal'), source(2, 6)], MB)
  expect(same.at(6n)).toMatchObject({ origin: 'archive' })
  expect(parseLsn('0/580000')).toBe(tree.get(2).start)
})
