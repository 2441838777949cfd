import { LifeboatError } from '../base/errors.ts'
import type { Lsn } from './lsn.ts'

/** A WAL segment by what its name says. `number` counts segments from the beginning of the cluster. */
export interface WalSegment {
  readonly timeline: number
  readonly number: bigint
}

/** Bytes of a segment unless `initdb --wal-segsize` said otherwise. */
export const DEFAULT_SEGMENT_SIZE = 16 * 1024 * 1024

const LOG_SIZE = 0x1_0000_0000n
const hex8 = (value: number | bigint): string => value.toString(16).toUpperCase().padStart(8, '0')

/** Whether a number is a size that PostgreSQL allows for segments: a power of 2 from 1 MB to 1 GB. */
export const isSegmentSize = (bytes: number): boolean =>
  Number.isInteger(bytes) && bytes >= 1 << 20 && bytes <= 1 << 30 && (bytes & (bytes - 1)) === 0

/** The number of the segment in which the byte at `lsn` stands. */
export const segmentOfLsn = (lsn: Lsn, segmentSize: number): bigint => lsn / BigInt(segmentSize)

/**
 * The number of the segment that holds the last byte before `lsn`: where WAL that ends there is needed, one on a
 * segment boundary needs nothing of the next file.
 */
export const segmentBeforeLsn = (lsn: Lsn, segmentSize: number): bigint =>
  lsn === 0n ? 0n : (lsn - 1n) / BigInt(segmentSize)

/** The position of the first byte of a segment. */
export const lsnOfSegment = (number: bigint, segmentSize: number): Lsn => number * BigInt(segmentSize)

/**
 * Writes the name of a segment file: timeline, then the number in two parts, each 8 hexadecimal digits. The second
 * part counts `0x100000000 / segmentSize` segments, so the name depends on the segment size.
 */
export const formatSegment = (segment: WalSegment, segmentSize: number): string => {
  const perLog = LOG_SIZE / BigInt(segmentSize)
  return hex8(segment.timeline) + hex8(segment.number / perLog) + hex8(segment.number % perLog)
}

/**
 * The name of the segment in which the byte at `lsn` stands. Computed here because `pg_walfile_name()` answers
 * differently on a boundary before and after PostgreSQL 17.
 */
export const segmentName = (timeline: number, lsn: Lsn, segmentSize: number): string =>
  formatSegment({ timeline, number: segmentOfLsn(lsn, segmentSize) }, segmentSize)

/**
 * Reads the name of a segment file. The timeline is hexadecimal, as everything in the name.
 *
 * @throws postgres/bad-wal-name for another name, and for a last part beyond what the segment size allows
 */
export const parseSegment = (name: string, segmentSize: number): WalSegment => {
  const match = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/.exec(name)
  const perLog = LOG_SIZE / BigInt(segmentSize)
  const timeline = Number.parseInt(match?.[1] ?? '0', 16)
  const low = BigInt(`0x${match?.[3] ?? '0'}`)
  if (!match || timeline === 0 || low >= perLog) {
    const megabytes = segmentSize / (1024 * 1024)
    throw new LifeboatError('postgres/bad-wal-name', `"${name}" is not the name of a WAL segment of ${megabytes} MB`)
  }
  return { timeline, number: BigInt(`0x${match[2]}`) * perLog + low }
}

/** The name of the segment that follows on the same timeline. */
export const nextSegment = (name: string, segmentSize: number): string => {
  const { timeline, number } = parseSegment(name, segmentSize)
  return formatSegment({ timeline, number: number + 1n }, segmentSize)
}

/**
 * The names of all segments that hold the bytes from `from` up to, and without, `to`; where both are equal, the one
 * segment in which they stand. Empty when `to` lies before `from`.
 */
export const segmentsBetween = (timeline: number, from: Lsn, to: Lsn, segmentSize: number): string[] => {
  if (to < from) return []
  const names: string[] = []
  const last = to === from ? segmentOfLsn(to, segmentSize) : segmentBeforeLsn(to, segmentSize)
  for (let number = segmentOfLsn(from, segmentSize); number <= last; number++) {
    names.push(formatSegment({ timeline, number }, segmentSize))
  }
  return names
}
