import { LifeboatError } from '../../base/errors.ts'
import { formatLsn, type Lsn } from '../../postgres/lsn.ts'
import { parseWalHeader } from '../../postgres/wal-header.ts'
import { lsnOfSegment } from '../../postgres/wal-segment.ts'
import type { ReadSegment } from './read-segments.ts'

/** Why a chain of WAL ends where it should not. */
export interface ChainProblem {
  readonly kind: 'missing' | 'truncated' | 'foreign' | 'unreadable' | 'corrupt'
  /** Name of the segment. */
  readonly segment: string
  readonly number: bigint
  /** Where it shows: the beginning of the segment, or the position that pg_waldump names. */
  readonly lsn: Lsn
  /** What was seen, in the words of the program that saw it. */
  readonly message: string
}

/**
 * Checks that a segment is whole and of this cluster: pg_waldump does not compare system identifiers, and recovery
 * takes a foreign segment for the end of WAL (trap A9).
 */
export const checkSegment = (
  read: ReadSegment,
  expected: { readonly systemIdentifier: string; readonly segmentSize: number },
): ChainProblem | undefined => {
  const { source, size, header, unreadable } = read
  const start = lsnOfSegment(source.number, expected.segmentSize)
  const problem = (kind: ChainProblem['kind'], message: string): ChainProblem => ({
    kind,
    segment: source.name,
    number: source.number,
    lsn: start,
    message,
  })
  if (unreadable !== undefined) return problem('unreadable', unreadable)
  if (size !== expected.segmentSize) {
    return problem('truncated', `it has ${size} bytes instead of ${expected.segmentSize}`)
  }
  try {
    const found = parseWalHeader(header, 'it')
    if (found.systemIdentifier !== expected.systemIdentifier) {
      return problem('foreign', `it was written by system ${found.systemIdentifier}, not ${expected.systemIdentifier}`)
    }
    if (found.pageAddress !== start) {
      return problem('corrupt', `it holds WAL of ${formatLsn(found.pageAddress)} instead of ${formatLsn(start)}`)
    }
    return undefined
  } catch (error) {
    if (error instanceof LifeboatError) return problem('corrupt', error.message)
    throw error
  }
}

/** Where pg_waldump stopped: the segment it names, else the position, else behind the last record that it read. */
export const placeOfComplaint = (complaint: string, last: Lsn, segmentSize: number): Lsn => {
  const inSegment = /segment [0-9A-F]{8}([0-9A-F]{8})([0-9A-F]{8})(?:, LSN \S+)?, offset (\d+)/.exec(complaint)
  if (inSegment) {
    const perLog = 0x1_0000_0000n / BigInt(segmentSize)
    const number = BigInt(`0x${inSegment[1]}`) * perLog + BigInt(`0x${inSegment[2]}`)
    return lsnOfSegment(number, segmentSize) + BigInt(inSegment[3] ?? 0)
  }
  const positions = [...complaint.matchAll(/ at ([0-9A-F]+)\/([0-9A-F]+)/g)].map(
    (match) => (BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`),
  )
  // A position before the last good record is the record itself, named in the sentence's first half.
  const place = positions.at(-1) ?? last
  return place < last ? last : place
}

/** The words of pg_waldump without its name and level. */
export const wordsOfComplaint = (complaint: string): string =>
  complaint.replace(/^\S*pg_waldump: (error|fatal): /, '').trim()
