import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classifyArchiveFile } from '../../src/postgres/archive-file.ts'
import { formatLsn, type Lsn } from '../../src/postgres/lsn.ts'
import { decideRetention, futuresFrom, type RetentionRules, type StoredBackup } from '../../src/postgres/retention.ts'
import { TimelineTree } from '../../src/postgres/timeline-tree.ts'
import { isRemovable, walNeeds } from '../../src/postgres/wal-retention.ts'
import { formatSegment, parseSegment, segmentBeforeLsn, segmentOfLsn } from '../../src/postgres/wal-segment.ts'

const SIZE = 1 << 20
const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 22)

const at = (segment: number, offset = 40): Lsn => BigInt(segment) * BigInt(SIZE) + BigInt(offset)

/** A backup that ends so many days before now, in the segment behind the one it begins in. */
const backup = (id: string, days: number, segment: number, more: Partial<StoredBackup> = {}): StoredBackup => ({
  id,
  parent: undefined,
  timeline: 1,
  start: at(segment),
  stop: at(segment + 1),
  stopTime: NOW - days * DAY,
  ...more,
})

const days = (count: number): number => count * 86_400

const decide = (
  backups: readonly StoredBackup[],
  rules: Partial<RetentionRules>,
  tree = new TimelineTree(new Map(), [1]),
  futures: readonly number[] = [1],
  wanted = futures,
) => decideRetention({ backups, tree, futures, wanted, rules: { minimum: 1, ...rules }, now: NOW })

const ids = (kept: readonly { readonly backup: StoredBackup }[]): string[] => kept.map(({ backup: { id } }) => id)

describe('rules', () => {
  const daily = [backup('a', 5, 10), backup('b', 4, 20), backup('c', 3, 30), backup('d', 2, 40), backup('e', 1, 50)]

  test('keep_count keeps the newest, and the oldest goes first', () => {
    const { kept, expired } = decide(daily, { keepCount: 2 })
    expect(ids(kept)).toEqual(['d', 'e'])
    expect(expired.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
  })

  test('keep_for keeps what ended since', () => {
    expect(ids(decide(daily, { keepFor: days(2.5) }).kept)).toEqual(['d', 'e'])
  })

  test('recovery_window keeps the newest backup before it too: without it nothing at its beginning can be restored', () => {
    const { kept } = decide(daily, { recoveryWindow: days(2.5) })
    expect(kept.map(({ backup: { id }, reasons }) => [id, reasons])).toEqual([
      ['c', ['recovery_window']],
      ['d', ['recovery_window']],
      ['e', ['recovery_window']],
    ])
    expect(ids(decide(daily, { recoveryWindow: days(2) }).kept)).toEqual(['d', 'e'])
    expect(ids(decide(daily, { recoveryWindow: days(90) }).kept)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('what any rule wants stays', () => {
    const { kept } = decide(daily, { keepCount: 1, keepFor: days(2.5), recoveryWindow: days(0.5) })
    expect(kept.map(({ backup: { id }, reasons }) => [id, reasons])).toEqual([
      ['d', ['keep_for']],
      ['e', ['keep_count', 'keep_for', 'recovery_window']],
    ])
  })

  test('the minimum stays when backups have not been taken for a long time', () => {
    const { kept } = decide(daily, { keepFor: days(0.1), minimum: 2 })
    expect(kept.map(({ backup: { id }, reasons }) => [id, reasons])).toEqual([
      ['d', ['minimum']],
      ['e', ['minimum']],
    ])
    expect(decide([], { keepCount: 3, minimum: 2 })).toEqual({ kept: [], expired: [], orphans: [] })
  })

  test('a backup that is being read stays', () => {
    const read = daily.map((each) => (each.id === 'b' ? { ...each, reader: 'db3 run-7' } : each))
    const { kept } = decide(read, { keepCount: 1 })
    expect(kept.map(({ backup: { id }, reasons }) => [id, reasons])).toEqual([
      ['b', ['read by db3 run-7']],
      ['e', ['keep_count']],
    ])
  })

  test('the order is that of WAL positions: a clock that was put back does not make the newest backup old', () => {
    const jumped = [backup('a', 1, 10), backup('b', 3, 20)]
    expect(ids(decide(jumped, { keepCount: 1 }).kept)).toEqual(['b'])
  })
})

describe('B13: increments', () => {
  const chain = [
    backup('full1', 9, 10),
    backup('inc1', 8, 20, { parent: 'full1' }),
    backup('inc2', 7, 30, { parent: 'inc1' }),
    backup('full2', 3, 40),
    backup('inc3', 2, 50, { parent: 'full2' }),
    backup('inc4', 1, 60, { parent: 'inc3' }),
  ]

  test('what a kept increment stands on stays', () => {
    const { kept, expired } = decide(chain, { keepFor: days(1.5) })
    expect(kept.map(({ backup: { id }, reasons }) => [id, reasons])).toEqual([
      ['full2', ['parent of inc4']],
      ['inc3', ['parent of inc4']],
      ['inc4', ['keep_for']],
    ])
    expect(expired.map(({ id }) => id)).toEqual(['inc2', 'inc1', 'full1'])
  })

  test('keep_count and the minimum count full backups, and their increments come along', () => {
    expect(ids(decide(chain, { keepCount: 1 }).kept)).toEqual(['full2', 'inc3', 'inc4'])
    expect(ids(decide(chain, { keepFor: days(0.1), minimum: 2 }).kept)).toHaveLength(6)
  })

  test('an increment to nothing counts for no rule', () => {
    const orphan = backup('lost', 0.5, 70, { parent: 'gone' })
    const loop = [backup('x', 0.4, 80, { parent: 'y' }), backup('y', 0.3, 90, { parent: 'x' })]
    const { kept, orphans } = decide([...chain, orphan, ...loop], { keepCount: 1 })
    expect(ids(kept)).toEqual(['full2', 'inc3', 'inc4'])
    expect(orphans.map(({ id }) => id)).toEqual(['lost', 'x', 'y'])
  })
})

describe('R16: timelines', () => {
  // A standby was promoted by mistake at segment 35 and took backups of its own; the primary went on.
  const tree = new TimelineTree(new Map([[2, `1\t${formatLsn(at(35))}\tno recovery target specified\n`]]), [1, 2])
  const mixed = [
    backup('p1', 9, 10),
    backup('p2', 8, 20),
    backup('p3', 5, 50),
    backup('s1', 4, 40, { timeline: 2 }),
    backup('s2', 3, 60, { timeline: 2 }),
    backup('s3', 2, 70, { timeline: 2 }),
  ]

  test('backups of one future never push out those of another', () => {
    expect(ids(decide(mixed, { keepCount: 2 }, tree, [1, 2]).kept)).toEqual(['p2', 'p3', 's2', 's3'])
  })

  test('a person who names a timeline gives up what leads to others only', () => {
    const wanted = futuresFrom(tree, [1, 2], 2)
    expect(wanted).toEqual([2])
    expect(futuresFrom(tree, [1, 2], 1)).toEqual([1, 2])
    const { kept } = decide(mixed, { recoveryWindow: days(4.5) }, tree, [1, 2], wanted)
    expect(ids(kept)).toEqual(['p2', 's1', 's2', 's3'])
  })

  test('WAL is kept along the tree, not by the order of names', () => {
    const { kept } = decide(mixed, { keepCount: 1 }, tree, [1, 2])
    expect(ids(kept)).toEqual(['p3', 's3'])
    const needs = walNeeds(kept, tree, SIZE)
    expect([...needs.byTimeline]).toEqual([
      [1, [{ first: 50n, last: undefined }]],
      [2, [{ first: 70n, last: undefined }]],
    ])
    const removable = (name: string): boolean => {
      const file = classifyArchiveFile(name)
      if (!file) throw new Error(`${name} is no file of an archive`)
      return isRemovable(file, { needs, tree, segmentSize: SIZE, named: undefined })
    }
    // Greater by name than what timeline 1 needs, and yet older than what timeline 2 needs.
    expect(removable(formatSegment({ timeline: 2, number: 60n }, SIZE))).toBe(true)
    expect(removable(formatSegment({ timeline: 1, number: 50n }, SIZE))).toBe(false)
    expect(removable(formatSegment({ timeline: 2, number: 70n }, SIZE))).toBe(false)
    expect(removable('00000002.history')).toBe(false)
    expect(removable(`${formatSegment({ timeline: 1, number: 10n }, SIZE)}.00000028.backup`)).toBe(true)
    expect(removable(`${formatSegment({ timeline: 1, number: 50n }, SIZE)}.00000028.backup`)).toBe(false)
  })

  test('A5: a .partial file stays until it is older than everything that is needed', () => {
    const { kept } = decide(mixed, { keepCount: 1 }, tree, [1, 2], [2])
    expect(ids(kept)).toEqual(['s3'])
    const needs = walNeeds(kept, tree, SIZE)
    const partial = (number: bigint) => classifyArchiveFile(`${formatSegment({ timeline: 1, number }, SIZE)}.partial`)
    const request = { needs, tree, segmentSize: SIZE, named: 2 }
    expect([69n, 70n, 71n].map((number) => isRemovable(partial(number) ?? fail(), request))).toEqual([
      true,
      false,
      false,
    ])
  })

  test('WAL of a timeline to which no backup leads stays while it is young, unless a person named another timeline', () => {
    const early = new TimelineTree(new Map([[2, `1\t${formatLsn(at(5))}\tx\n`]]), [1, 2])
    const { kept } = decide([backup('p1', 1, 10)], { keepCount: 1 }, early, [1, 2])
    const needs = walNeeds(kept, early, SIZE)
    const file = (number: bigint) => classifyArchiveFile(formatSegment({ timeline: 2, number }, SIZE)) ?? fail()
    const removable = (number: bigint, named?: number) =>
      isRemovable(file(number), { needs, tree: early, segmentSize: SIZE, named })
    expect([removable(9n), removable(10n), removable(10n, 2)]).toEqual([true, false, false])
    const only = new TimelineTree(new Map([[3, `1\t${formatLsn(at(5))}\tx\n`]]), [1, 2, 3])
    expect(isRemovable(file(20n), { needs, tree: only, segmentSize: SIZE, named: 3 })).toBe(true)
  })
})

const fail = (): never => {
  throw new Error('not the name of a file of an archive')
}

/** A story: timelines forked from each other, with WAL and backups on each. */
interface Story {
  readonly tree: TimelineTree
  readonly futures: readonly number[]
  readonly segments: readonly string[]
  readonly backups: readonly StoredBackup[]
}

const story = fc
  .record({
    forks: fc.array(fc.record({ from: fc.nat(), place: fc.nat(), length: fc.integer({ min: 1, max: 12 }) }), {
      maxLength: 3,
    }),
    trunk: fc.integer({ min: 2, max: 20 }),
    backups: fc.array(
      fc.record({ timeline: fc.nat(), place: fc.nat(), length: fc.nat({ max: 2 }), base: fc.option(fc.nat()) }),
      { minLength: 1, maxLength: 10 },
    ),
    boundary: fc.boolean(),
  })
  .map(({ forks, trunk, backups, boundary }): Story => {
    const lines: { history: string; begin: number; end: number }[] = [{ history: '', begin: 1, end: trunk }]
    for (const { from, place, length } of forks) {
      const parent = lines[from % lines.length]
      if (parent === undefined) continue
      const fork = parent.begin + (place % (parent.end - parent.begin + 1))
      const id = (from % lines.length) + 1
      // A fork on the boundary of a segment lies at the first byte of the next one.
      const lsn = formatLsn(at(fork, boundary ? 0 : 500))
      lines.push({ history: `${parent.history}${id}\t${lsn}\tx\n`, begin: fork, end: fork + length })
    }
    const tree = new TimelineTree(
      new Map(lines.flatMap(({ history }, index) => (history === '' ? [] : [[index + 1, history] as const]))),
      [1],
    )
    const segments = lines.flatMap(({ begin, end }, index) =>
      Array.from({ length: end - begin + 1 }, (_, offset) =>
        formatSegment({ timeline: index + 1, number: BigInt(begin + offset) }, SIZE),
      ),
    )
    const taken: StoredBackup[] = []
    for (const [index, { timeline, place, length, base }] of backups.entries()) {
      const line = lines[timeline % lines.length]
      if (line === undefined) continue
      const begin = line.begin + (place % (line.end - line.begin + 1))
      const end = Math.min(line.end, begin + length)
      const id = (timeline % lines.length) + 1
      const start = at(begin, 600 + index)
      const stop = at(end, 700 + index)
      const bases = taken.filter((other) => other.stop < start && tree.passesThrough(id, other.timeline, other.stop))
      const parent = base === null ? undefined : bases[base % Math.max(1, bases.length)]?.id
      taken.push({ id: `b${index}`, parent, timeline: id, start, stop, stopTime: NOW - (100 - end) * DAY })
    }
    return { tree, futures: tree.all.map((timeline) => timeline.id), segments, backups: taken }
  })

const rules = fc.record({
  keepCount: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  keepFor: fc.option(
    fc.integer({ min: 60, max: 110 }).map((count) => count * 86_400),
    { nil: undefined },
  ),
  recoveryWindow: fc.option(
    fc.integer({ min: 60, max: 110 }).map((count) => count * 86_400),
    { nil: undefined },
  ),
  minimum: fc.integer({ min: 1, max: 3 }),
})

/** The files that recovery from a backup along a timeline reads, as the server looks for them: the newest one first. */
const filesRead = (from: StoredBackup, future: number, { tree, segments }: Story): string[] => {
  const there = new Set(segments)
  const pieces = tree.path(future, from.start)
  const newest = segments
    .map((name) => parseSegment(name, SIZE))
    .reduce((most, { number }) => [most, number].sort((a, b) => Number(b - a))[0] ?? most, 0n)
  const read: string[] = []
  for (let number = segmentOfLsn(from.start, SIZE); number <= newest; number++) {
    const name = [...pieces]
      .reverse()
      .filter((piece) => segmentOfLsn(piece.from, SIZE) <= number)
      .filter((piece) => piece.to === undefined || number <= segmentBeforeLsn(piece.to, SIZE))
      .map(({ timeline }) => formatSegment({ timeline, number }, SIZE))
      .find((candidate) => there.has(candidate))
    if (name === undefined) break
    read.push(name)
  }
  return read
}

const removalOf = (told: Story, given: RetentionRules, named: number | undefined) => {
  const { tree, futures, backups, segments } = told
  const wanted = named === undefined ? futures : futuresFrom(tree, futures, named)
  const retention = decideRetention({ backups, tree, futures, wanted, rules: given, now: NOW })
  const needs = walNeeds(retention.kept, tree, SIZE)
  const request = { needs, tree, segmentSize: SIZE, named }
  const goes = (name: string): boolean => {
    const file = classifyArchiveFile(name)
    return file !== undefined && isRemovable(file, request)
  }
  const removed = retention.kept.length === 0 ? [] : segments.filter(goes)
  return { ...retention, wanted, removed, left: segments.filter((name) => !removed.includes(name)) }
}

describe('whatever happened', () => {
  const given = fc.tuple(story, rules, fc.option(fc.nat(), { nil: undefined })).map(([told, wish, pick]) => {
    const named = pick === undefined ? undefined : told.futures[pick % told.futures.length]
    return { told, wish, named, result: removalOf(told, wish, named) }
  })

  test('every kept backup still reaches every point that it could reach', () => {
    fc.assert(
      fc.property(given, ({ told, result }) => {
        const removed = new Set(result.removed)
        for (const { backup: kept, futures } of result.kept) {
          for (const future of futures) {
            expect(filesRead(kept, future, told).filter((name) => removed.has(name))).toEqual([])
          }
        }
      }),
    )
  })

  test('a kept backup keeps what it stands on, and nothing is both kept and removed', () => {
    fc.assert(
      fc.property(given, ({ told, result: { kept, expired, orphans } }) => {
        const stays = new Set(ids(kept))
        for (const { backup: each } of kept) if (each.parent !== undefined) expect(stays).toContain(each.parent)
        expect([...stays, ...expired.map(({ id }) => id), ...orphans.map(({ id }) => id)].sort()).toEqual(
          told.backups.map(({ id }) => id).sort(),
        )
        const order = expired.map(({ id }) => id)
        for (const { id, parent } of expired) {
          if (parent !== undefined && order.includes(parent)) {
            expect(order.indexOf(id)).toBeLessThan(order.indexOf(parent))
          }
        }
      }),
    )
  })

  test('no segment stays on a kept way that no kept backup reads', () => {
    fc.assert(
      fc.property(given, ({ told, result: { kept, left } }) => {
        const read = new Set(
          kept.flatMap(({ backup: each, futures }) => futures.flatMap((f) => filesRead(each, f, told))),
        )
        const needs = walNeeds(kept, told.tree, SIZE)
        for (const name of left) {
          const { timeline } = parseSegment(name, SIZE)
          const ranges = needs.byTimeline.get(timeline)
          if (ranges === undefined || read.has(name)) continue
          // Only the older half of a segment in which the timeline changed, or the end of a backup that leads nowhere.
          const { number } = parseSegment(name, SIZE)
          expect(ranges.some(({ first, last }) => number >= first && last !== undefined && number <= last)).toBe(true)
        }
      }),
    )
  })

  test('every moment of the recovery window that could be restored still can be', () => {
    fc.assert(
      fc.property(given, ({ told: { tree, backups }, wish, result: { kept, orphans, wanted } }) => {
        if (wish.recoveryWindow === undefined) return
        const begin = NOW - wish.recoveryWindow * 1000
        const whole = backups.filter(({ id }) => !orphans.some((orphan) => orphan.id === id))
        for (const future of wanted) {
          const leads = (each: StoredBackup) => tree.passesThrough(future, each.timeline, each.stop)
          for (let moment = begin; moment <= NOW; moment += DAY) {
            const could = whole.some((each) => leads(each) && each.stopTime <= moment)
            if (could) expect(kept.some(({ backup: each }) => leads(each) && each.stopTime <= moment)).toBe(true)
          }
        }
      }),
    )
  })

  test('never fewer full backups than the count and the minimum on the way to any future', () => {
    fc.assert(
      fc.property(given, ({ told: { tree, backups }, wish, result: { kept, wanted } }) => {
        for (const future of wanted) {
          const fulls = (list: readonly StoredBackup[]): number =>
            list.filter((each) => each.parent === undefined && tree.passesThrough(future, each.timeline, each.stop))
              .length
          const least = Math.min(fulls(backups), Math.max(wish.minimum, wish.keepCount ?? 0))
          expect(fulls(kept.map(({ backup: each }) => each))).toBeGreaterThanOrEqual(least)
        }
      }),
    )
  })

  test('a second time nothing is left to remove', () => {
    fc.assert(
      fc.property(given, ({ told, wish, named, result }) => {
        if (result.kept.length === 0) return
        const again = removalOf(
          { ...told, backups: result.kept.map(({ backup: each }) => each), segments: result.left },
          wish,
          named,
        )
        expect(again.expired).toEqual([])
        expect(again.removed).toEqual([])
      }),
    )
  })
})
