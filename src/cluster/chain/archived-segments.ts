import { parseSegment } from '../../postgres/wal-segment.ts'
import type { WalFile } from '../repository/wal-file.ts'
import type { SegmentSource } from './segment-source.ts'

/** The segments of an archive; history files, backup histories and `.partial` files (trap A5) are none. */
export const archivedSegments = (files: readonly WalFile[], segmentSize: number): readonly SegmentSource[] =>
  files
    .filter(({ file }) => file.kind === 'segment')
    .map(({ name, path, compression }) => ({
      name,
      ...parseSegment(name, segmentSize),
      path: `wal/${path}`,
      compression,
      origin: 'archive',
    }))

/** The segments that lie in a `pg_wal` folder, by the names in it. */
export const localSegments = (
  names: readonly string[],
  folder: string,
  segmentSize: number,
): readonly SegmentSource[] =>
  names
    .filter((name) => /^[0-9A-F]{24}$/.test(name))
    .map((name) => ({
      name,
      ...parseSegment(name, segmentSize),
      path: `${folder}/${name}`,
      compression: 'none',
      origin: 'pg_wal',
    }))
