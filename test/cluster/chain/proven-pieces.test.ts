import { describe, expect, test } from 'vitest'
import { formatPieces, memoryOf, parsePieces, readingOf } from '../../../src/cluster/chain/proven-pieces.ts'
import type { Reading } from '../../../src/cluster/chain/read-segments.ts'
import type { SegmentSource } from '../../../src/cluster/chain/segment-source.ts'
import { parseLsn } from '../../../src/postgres/lsn.ts'

const segment = (number: number, origin: SegmentSource['origin'] = 'archive'): SegmentSource => {
  const name = `00000001000000000000000${number}`
  return { name, timeline: 1, number: BigInt(number), path: `wal/00000001/${name}.zst`, compression: 'zstd', origin }
}
const segments = [1, 2, 3].map((number) => segment(number))
const stamps = (changed: Readonly<Record<number, string>> = {}): Map<string, string> =>
  new Map([1, 2, 3, 4].map((number) => [segment(number).path, changed[number] ?? `100 ${number} ${number}`]))
const from = parseLsn('0/1000028')
const reading: Reading = {
  segments: [],
  last: parseLsn('0/3FFFFD8'),
  records: 17,
  latestCommit: { lsn: parseLsn('0/3000100'), kind: 'commit', xid: 743, at: 1_795_800_000_123_456n },
  early: undefined,
  found: undefined,
  restorePoints: [{ lsn: parseLsn('0/2000100'), name: 'before the drop, 100%' }],
  tablespaces: [{ lsn: parseLsn('0/2000200'), oid: 16_400, path: '/srv/far away' }],
  copies: [{ lsn: parseLsn('0/2000300'), database: 16_401, template: 1 }],
  needs: { max_connections: 200 },
  images: [],
  complaint: undefined,
}

const proven = () => {
  const memory = memoryOf([], stamps())
  memory.remember(from, segments, reading)
  return memory.pieces()
}

describe('what was proven', () => {
  test('is recalled with all that reading it had brought to light', () => {
    const piece = memoryOf(parsePieces(formatPieces(proven(), '7300'), '7300'), stamps()).recall(from, segments)
    expect(piece && readingOf(piece)).toEqual({ ...reading, records: 0 })
  })

  test('counts for the first of more segments, and for no fewer', () => {
    const memory = memoryOf(proven(), stamps())
    expect(memory.recall(from, [...segments, segment(4)])?.segments).toBe(3)
    expect(memory.recall(from, segments.slice(0, 2))).toBeUndefined()
  })

  test('counts from the very record on from which it was read', () => {
    expect(memoryOf(proven(), stamps()).recall(from + 8n, segments)).toBeUndefined()
  })

  test.each([
    ['size', '99 2 2'],
    ['time of writing', '100 3 2'],
    ['time of change, where the time of writing was put back', '100 2 3'],
  ])('counts no more when a file has another %s', (_, stamp) => {
    expect(memoryOf(proven(), stamps({ 2: stamp })).recall(from, segments)).toBeUndefined()
  })

  test('counts no more when another file stands for a segment: unpacked, or of another timeline', () => {
    const memory = memoryOf(proven(), new Map([...stamps(), ['wal/00000002/000000020000000000000002', '100 2 2']]))
    const other = { ...segment(2), path: 'wal/00000002/000000020000000000000002' }
    expect(memory.recall(from, [segment(1), other, segment(3)])).toBeUndefined()
  })

  test('is forgotten when its newest segment is gone', () => {
    const left = stamps()
    left.delete(segment(3).path)
    expect(memoryOf(proven(), left).pieces()).toEqual([])
  })

  test('is read anew, and the longest piece is recalled', () => {
    const memory = memoryOf(proven(), stamps())
    memory.remember(from, [...segments, segment(4)], { ...reading, last: parseLsn('0/4FFFFD8') })
    expect(memory.recall(from, [...segments, segment(4)])?.last).toBe(parseLsn('0/4FFFFD8'))
  })
})

test('WAL that is in no archive, or was written a moment ago, is not noted', () => {
  const memory = memoryOf([], stamps())
  memory.remember(from, [segment(1), segment(2, 'pg_wal')], reading)
  memory.remember(from, [segment(1), segment(5)], reading)
  expect(memory.pieces()).toEqual([])
})

test.each([
  ['of another cluster', formatPieces(proven(), '7301')],
  ['of another version', formatPieces(proven(), '7300').replace('"version":1', '"version":2')],
  ['that was cut', formatPieces(proven(), '7300').slice(0, 60)],
  ['that is empty', ''],
])('a file %s is no memory', (_, text) => {
  expect(parsePieces(text, '7300')).toEqual([])
})
