import type { WalCompression } from '../repository/wal-file.ts'

/** A WAL segment that can be read on the host: archived, or left in the `pg_wal` of a cluster's old data directory. */
export interface SegmentSource {
  /** Name that PostgreSQL knows it by: timeline and number. */
  readonly name: string
  readonly timeline: number
  readonly number: bigint
  /** Absolute path on the host. */
  readonly path: string
  readonly compression: WalCompression
  readonly origin: 'archive' | 'pg_wal'
}

/** The command that unpacks a compression from its standard input to its standard output. */
export const UNPACK_COMMAND: Readonly<Record<WalCompression, readonly string[]>> = {
  none: ['cat'],
  zstd: ['zstd', '-dcq'],
  lz4: ['lz4', '-dcq'],
  gzip: ['gzip', '-dcq'],
}
