import { quote } from '../../base/quote.ts'
import type { RepositoryAccess } from '../repository/access.ts'
import type { WalCompression } from '../repository/wal-file.ts'

/** A WAL segment that can be read: archived, or left in the `pg_wal` of a cluster's old data directory. */
export interface SegmentSource {
  /** Name that PostgreSQL knows it by: timeline and number. */
  readonly name: string
  readonly timeline: number
  readonly number: bigint
  /** Of an archived one below the cluster's folder in the repository; of one in `pg_wal` the absolute path on the host. */
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

/** Where a segment is on the host itself; undefined for one on a repository host. */
export const pathOfSegment = (access: RepositoryAccess, { origin, path }: SegmentSource): string | undefined =>
  origin === 'archive' ? access.path(path) : path

/** The command that prints a segment as it is stored. */
export const openSegment = (access: RepositoryAccess, { origin, path }: SegmentSource): string =>
  origin === 'archive' ? access.read(path) : `cat < ${quote(path)}`
