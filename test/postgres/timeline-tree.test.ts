import { expect, test } from 'vitest'
import { parseLsn } from '../../src/postgres/lsn.ts'
import { formatTimelineHistory, parseTimelineHistory } from '../../src/postgres/timeline-history.ts'
import { TimelineTree } from '../../src/postgres/timeline-tree.ts'

const two = '1\t0/3000000\tno recovery target specified\n'
const three = '1\t0/2000000\tbefore 2026-11-22 09:30:00+00\n'
const four = `${two}\n# a comment\n2\t0/5000000\tat restore point "x"\n`

const tree = () =>
  new TimelineTree(
    new Map([
      [4, four],
      [2, two],
      [3, three],
    ]),
    [1, 2, 3, 4],
  )

test('a history file tells where each timeline was left, and why', () => {
  expect(parseTimelineHistory(four)).toEqual([
    { timeline: 1, end: 0x3000000n, reason: 'no recovery target specified' },
    { timeline: 2, end: 0x5000000n, reason: 'at restore point "x"' },
  ])
  expect(formatTimelineHistory(parseTimelineHistory(two))).toBe(two)
})

test('A22: timelines inside history files are decimal', () => {
  expect(parseTimelineHistory('16\t0/1\tx\n')[0]?.timeline).toBe(16)
})

test('a history that PostgreSQL did not write is refused', () => {
  expect(() => parseTimelineHistory('one\t0/1\n', '00000002.history')).toThrow(
    '00000002.history line 1 is not a timeline and a position: "one\t0/1"',
  )
  expect(() => parseTimelineHistory('2\t0/1\tx\n1\t0/2\tx\n')).toThrow('line 2: timelines must increase, 1 does not')
  expect(() => new TimelineTree(new Map([[2, '2\t0/1\tx\n']]))).toThrow('history of timeline 2 names 2 as its ancestor')
})

test('R16: two timelines forked from one are two leaves, and both go through what was before', () => {
  expect(tree().leaves.map((timeline) => timeline.id)).toEqual([3, 4])
  expect(
    tree()
      .childrenOf(1)
      .map((timeline) => timeline.id),
  ).toEqual([3, 2])
  expect(
    tree()
      .leavesThrough(1, parseLsn('0/2000000'))
      .map((leaf) => leaf.id),
  ).toEqual([3, 4])
  expect(
    tree()
      .leavesThrough(1, parseLsn('0/2000001'))
      .map((leaf) => leaf.id),
  ).toEqual([4])
  expect(
    tree()
      .leavesThrough(2, parseLsn('0/4000000'))
      .map((leaf) => leaf.id),
  ).toEqual([4])
})

test('R16: a backup that ended behind the fork is not in the history of the new timeline', () => {
  expect(tree().passesThrough(3, 1, parseLsn('0/1FFFFFF'))).toBe(true)
  expect(tree().passesThrough(3, 1, parseLsn('0/2500000'))).toBe(false)
  expect(tree().passesThrough(3, 2, parseLsn('0/1000000'))).toBe(false)
  expect(tree().passesThrough(3, 3, parseLsn('0/2500000'))).toBe(true)
})

test('each position belongs to one timeline of a history', () => {
  expect([...'24'].map((digit) => tree().timelineAt(4, parseLsn(`0/${digit}000000`)))).toEqual([1, 2])
  expect(tree().timelineAt(4, parseLsn('0/3000000'))).toBe(2)
  expect(tree().timelineAt(4, parseLsn('0/5000000'))).toBe(4)
})

test('the way of recovery, a piece a timeline', () => {
  expect(tree().path(4, 0x2800000n, 0x6000000n)).toEqual([
    { timeline: 1, from: 0x2800000n, to: 0x3000000n },
    { timeline: 2, from: 0x3000000n, to: 0x5000000n },
    { timeline: 4, from: 0x5000000n, to: 0x6000000n },
  ])
  expect(tree().path(4, 0x3800000n, 0x4000000n)).toEqual([{ timeline: 2, from: 0x3800000n, to: 0x4000000n }])
  expect(tree().path(1, 5n)).toEqual([{ timeline: 1, from: 5n, to: undefined }])
})

test('ancestors whose own history file is lost are known from their descendants', () => {
  const lost = new TimelineTree(new Map([[4, four]]))
  expect(lost.all.map(({ id, parent }) => [id, parent])).toEqual([
    [1, undefined],
    [2, 1],
    [4, 2],
  ])
})

test('an unknown timeline is named with those that are known', () => {
  expect(() => tree().get(9)).toThrow('there is no timeline 9')
})
