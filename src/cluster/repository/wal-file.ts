import { type ArchiveFile, classifyArchiveFile } from '../../postgres/archive-file.ts'

/** The compressions of WAL in the repository, by the ending of the file. */
export const ENDINGS = { '.zst': 'zstd', '.lz4': 'lz4', '.gz': 'gzip', '': 'none' } as const

export type WalCompression = (typeof ENDINGS)[keyof typeof ENDINGS]

/** A file of the WAL archive. */
export interface WalFile {
  /** The name that PostgreSQL knows it by, without the ending of a compression. */
  readonly name: string
  /** Its path below the `wal` folder. */
  readonly path: string
  /** Bytes as stored. */
  readonly size: number
  readonly compression: WalCompression
  readonly file: ArchiveFile
}

/**
 * Tells what a file of the archive is, by its path below the `wal` folder: `00000001/000000010000000000000042.zst`,
 * `00000002.history`.
 *
 * @returns undefined for anything else that lies there
 */
export const parseWalFile = (path: string, size: number): WalFile | undefined => {
  const match = /^(?:([0-9A-F]{8})\/)?([0-9A-Za-z.]+?)(\.zst|\.lz4|\.gz)?$/.exec(path)
  const name = match?.[2] ?? ''
  const file = classifyArchiveFile(name)
  if (!file) return undefined
  const folder = match?.[1]
  const belongs = file.kind === 'timeline-history' ? folder === undefined : folder === name.slice(0, 8)
  if (!belongs) return undefined
  const compression = ENDINGS[(match?.[3] ?? '') as keyof typeof ENDINGS]
  return { name, path, size, compression, file }
}
