import { expect, test } from 'vitest'
import { parseWalHeader } from '../../src/postgres/wal-header.ts'

const header = (littleEndian = true, magic = 0xd110, info = 2, size = 1 << 20): Uint8Array => {
  const bytes = new Uint8Array(40)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, magic, littleEndian)
  view.setUint16(2, info, littleEndian)
  view.setUint32(4, 3, littleEndian)
  view.setBigUint64(8, 0x1_0040_0000n, littleEndian)
  view.setBigUint64(24, 7710967780340221588n, littleEndian)
  view.setUint32(32, size, littleEndian)
  view.setUint32(36, 8192, littleEndian)
  return bytes
}

test.each([true, false])('the header of a segment, little endian %s', (littleEndian) => {
  expect(parseWalHeader(header(littleEndian))).toEqual({
    majorVersion: 15,
    timeline: 3,
    pageAddress: 0x1_0040_0000n,
    systemIdentifier: '7710967780340221588',
    segmentSize: 1 << 20,
    blockSize: 8192,
  })
})

test('it may stand anywhere in a buffer', () => {
  const bytes = Buffer.concat([Buffer.from('xxx'), header()])
  expect(parseWalHeader(bytes.subarray(3)).timeline).toBe(3)
})

test('each release has its magic', () => {
  const majors = [0xd097, 0xd098, 0xd101, 0xd106, 0xd10d, 0xd110, 0xd113, 0xd116, 0xd118].map(
    (magic) => parseWalHeader(header(true, magic)).majorVersion,
  )
  expect(majors).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18])
})

test('what is no segment is refused', () => {
  expect(() => parseWalHeader(new Uint8Array(39), 'x')).toThrow('x is too short for a WAL segment: 39 bytes')
  expect(() => parseWalHeader(new Uint8Array(40), 'x')).toThrow(
    'x does not begin as a WAL segment of PostgreSQL 10 to 18 (magic 0000)',
  )
  expect(() => parseWalHeader(header(true, 0xd110, 0), 'x')).toThrow('x does not begin at the start of a WAL segment')
  expect(() => parseWalHeader(header(true, 0xd110, 2, 12345), 'x')).toThrow(
    'x claims an impossible segment size of 12345 bytes',
  )
})
