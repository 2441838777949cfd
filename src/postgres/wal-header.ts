import { LifeboatError } from '../base/errors.ts'
import type { Lsn } from './lsn.ts'
import { isSegmentSize } from './wal-segment.ts'

/** What the first page of a WAL segment says of itself. */
export interface WalHeader {
  readonly majorVersion: number
  readonly timeline: number
  /** Position of the segment's first byte. */
  readonly pageAddress: Lsn
  /** Decimal, as PostgreSQL prints it. */
  readonly systemIdentifier: string
  /** Bytes. */
  readonly segmentSize: number
  /** Bytes of a WAL page. */
  readonly blockSize: number
}

/** Bytes of the long page header: as much of a segment as `parseWalHeader` needs. */
export const WAL_HEADER_SIZE = 40

// XLOG_PAGE_MAGIC of each release (src/include/access/xlog_internal.h).
const MAJOR_OF_MAGIC: Readonly<Record<number, number>> = {
  53399: 10,
  53400: 11,
  53505: 12,
  53510: 13,
  53517: 14,
  53520: 15,
  53523: 16,
  53526: 17,
  53528: 18,
}
const LONG_HEADER = 0x0002

/**
 * Reads the long page header at the beginning of a segment (XLogLongPageHeaderData): magic @0, info @2, timeline @4,
 * page address @8, system identifier @24, segment size @32, page size @36, in the byte order of the machine that wrote
 * it.
 *
 * @throws postgres/bad-wal-header
 */
export const parseWalHeader = (bytes: Uint8Array, name = 'the file'): WalHeader => {
  if (bytes.length < WAL_HEADER_SIZE) {
    throw bad(`${name} is too short for a WAL segment: ${bytes.length} bytes`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = MAJOR_OF_MAGIC[view.getUint16(0, true)] !== undefined
  const magic = view.getUint16(0, little)
  const majorVersion = MAJOR_OF_MAGIC[magic]
  if (majorVersion === undefined) {
    const seen = view.getUint16(0, true).toString(16).toUpperCase().padStart(4, '0')
    throw bad(`${name} does not begin as a WAL segment of PostgreSQL 10 to 18 (magic ${seen})`)
  }
  if ((view.getUint16(2, little) & LONG_HEADER) === 0) throw bad(`${name} does not begin at the start of a WAL segment`)
  const segmentSize = view.getUint32(32, little)
  if (!isSegmentSize(segmentSize)) throw bad(`${name} claims an impossible segment size of ${segmentSize} bytes`)
  return {
    majorVersion,
    timeline: view.getUint32(4, little),
    pageAddress: view.getBigUint64(8, little),
    systemIdentifier: view.getBigUint64(24, little).toString(),
    segmentSize,
    blockSize: view.getUint32(36, little),
  }
}

const bad = (message: string): LifeboatError => new LifeboatError('postgres/bad-wal-header', message)
