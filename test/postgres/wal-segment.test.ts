import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseLsn } from '../../src/postgres/lsn.ts'
import {
  formatSegment,
  isSegmentSize,
  lsnOfSegment,
  nextSegment,
  parseSegment,
  segmentBeforeLsn,
  segmentName,
  segmentOfLsn,
  segmentsBetween,
} from '../../src/postgres/wal-segment.ts'

const MB = 1024 * 1024
const sizes = fc.integer({ min: 0, max: 10 }).map((power) => MB << power)
const lsns = fc.bigInt(0n, (1n << 63n) - 1n)

test('a name is the timeline and the number in two parts', () => {
  expect(segmentName(1, parseLsn('0/3000028'), 16 * MB)).toBe('000000010000000000000003')
  expect(segmentName(1, parseLsn('1/FF000000'), 16 * MB)).toBe('0000000100000001000000FF')
})

test('A21: with segments of 1 MB the second part counts to FFF', () => {
  expect(segmentName(1, parseLsn('0/3000028'), MB)).toBe('000000010000000000000030')
  expect(nextSegment('000000010000000000000FFF', MB)).toBe('000000010000000100000000')
  expect(nextSegment('0000000100000000000000FF', 16 * MB)).toBe('000000010000000100000000')
  expect(nextSegment('000000010000000000000003', 1024 * MB)).toBe('000000010000000100000000')
  expect(() => parseSegment('000000010000000000000100', 16 * MB)).toThrow(
    '"000000010000000000000100" is not the name of a WAL segment of 16 MB',
  )
  expect(parseSegment('000000010000000000000100', MB).number).toBe(256n)
})

test('A22: the timeline in a name is hexadecimal', () => {
  expect(segmentName(16, 0n, 16 * MB)).toBe('000000100000000000000000')
  expect(parseSegment('0000000A0000000000000001', 16 * MB).timeline).toBe(10)
  expect(parseSegment('000000100000000000000001', 16 * MB).timeline).toBe(16)
})

describe('A20: on a segment boundary', () => {
  const boundary = parseLsn('0/E00000')

  test('the byte there stands in the next segment', () => {
    expect(segmentName(1, boundary, MB)).toBe('00000001000000000000000E')
  })

  test('WAL that ends there is whole in the segment before', () => {
    expect(formatSegment({ timeline: 1, number: segmentBeforeLsn(boundary, MB) }, MB)).toBe('00000001000000000000000D')
    expect(segmentsBetween(1, parseLsn('0/C00028'), boundary, MB)).toEqual([
      '00000001000000000000000C',
      '00000001000000000000000D',
    ])
  })
})

test('the segments between two positions', () => {
  expect(segmentsBetween(2, 100n, 100n, MB)).toEqual(['000000020000000000000000'])
  expect(segmentsBetween(2, 100n, 99n, MB)).toEqual([])
  expect(segmentsBetween(2, 0n, BigInt(3 * MB) + 1n, MB)).toHaveLength(4)
})

test('names are read as they are written, and follow each other, whatever the size', () => {
  fc.assert(
    fc.property(lsns, sizes, fc.integer({ min: 1, max: 0xffffffff }), (lsn, size, timeline) => {
      const name = segmentName(timeline, lsn, size)
      const segment = parseSegment(name, size)
      expect(segment).toEqual({ timeline, number: segmentOfLsn(lsn, size) })
      const start = lsnOfSegment(segment.number, size)
      expect(start <= lsn && lsn < start + BigInt(size)).toBe(true)
      expect(nextSegment(name, size)).toBe(segmentName(timeline, start + BigInt(size), size))
    }),
  )
})

test('segments between cover every byte and nothing more', () => {
  fc.assert(
    fc.property(lsns, fc.integer({ min: 1, max: 40 * MB }), sizes, (from, length, size) => {
      const to = from + BigInt(length)
      const names = segmentsBetween(1, from, to, size)
      expect(names[0]).toBe(segmentName(1, from, size))
      expect(names.at(-1)).toBe(segmentName(1, to - 1n, size))
      expect(BigInt(names.length)).toBe(segmentOfLsn(to - 1n, size) - segmentOfLsn(from, size) + 1n)
    }),
  )
})

test('sizes are powers of 2 from 1 MB to 1 GB', () => {
  expect([MB, 16 * MB, 1024 * MB].every(isSegmentSize)).toBe(true)
  expect([0, MB - 1, 3 * MB, 2048 * MB, MB / 2].some(isSegmentSize)).toBe(false)
})
