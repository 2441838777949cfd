import { createHash } from 'node:crypto'
import { z } from 'zod'
import { formatLsn, type Lsn, parseLsn } from '../../postgres/lsn.ts'
import type { Reading, WalMark } from './read-segments.ts'
import type { SegmentSource } from './segment-source.ts'

const lsn = z
  .string()
  .regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/)
  .transform(parseLsn)

const pieceSchema = z.object({
  /** Where its first record begins. */
  from: lsn,
  /** Its segments, and the newest one's path below the cluster's folder. */
  segments: z.number().int().positive(),
  newest: z.string(),
  /** SHA-256 of the paths, sizes and times of their files when they were read. */
  files: z.string().regex(/^[0-9a-f]{64}$/),
  /** Position of the last record that is whole. */
  last: lsn,
  commit: z.object({ lsn, xid: z.number().int(), at: z.string().regex(/^-?\d+$/) }).nullable(),
  points: z.array(z.object({ lsn, name: z.string() })),
  tablespaces: z.array(z.object({ lsn, oid: z.number().int(), path: z.string() })),
  copies: z.array(z.object({ lsn, database: z.number().int(), template: z.number().int() })),
  needs: z.record(z.string(), z.number()),
})

const fileSchema = z.object({
  version: z.literal(1),
  system_identifier: z.string(),
  pieces: z.array(pieceSchema),
})

/** A piece of an archive of which every record was read and found whole. */
export type ProvenPiece = z.output<typeof pieceSchema>

/** What was proven of an archive, as long as its files are the very same. */
export interface ProvenMemory {
  /** The longest proven piece that begins with this record and is made of the first of these segments. */
  recall(from: Lsn, segments: readonly SegmentSource[]): ProvenPiece | undefined
  /** Notes that segments were read whole from a record on. */
  remember(from: Lsn, segments: readonly SegmentSource[], reading: Reading): void
  /** All that is worth being kept, oldest first. */
  pieces(): readonly ProvenPiece[]
}

/**
 * A memory of proven pieces; pure.
 *
 * @param known what an earlier proof has noted
 * @param stamps size and times of each file of the archive, by its path below the cluster's folder, taken before anything
 *   is read: a file that is changed meanwhile has another stamp the next time
 */
export const memoryOf = (known: readonly ProvenPiece[], stamps: ReadonlyMap<string, string>): ProvenMemory => {
  const pieces = new Map(known.filter(({ newest }) => stamps.has(newest)).map((piece) => [keyOf(piece), piece]))
  const filesOf = (segments: readonly SegmentSource[]): string | undefined => {
    const hash = createHash('sha256')
    for (const { origin, path } of segments) {
      const stamp = stamps.get(path)
      if (origin !== 'archive' || stamp === undefined) return undefined
      hash.update(`${path} ${stamp}\n`)
    }
    return hash.digest('hex')
  }
  return {
    recall: (from, segments) =>
      [...pieces.values()]
        .filter((piece) => piece.from === from && piece.segments <= segments.length)
        .sort((a, b) => b.segments - a.segments)
        .find((piece) => piece.files === filesOf(segments.slice(0, piece.segments))),
    remember: (from, segments, reading) => {
      const files = filesOf(segments)
      const newest = segments.at(-1)?.path
      if (files === undefined || newest === undefined || reading.last === undefined) return
      const { last, latestCommit, restorePoints, tablespaces, copies, needs } = reading
      const piece = { from, segments: segments.length, newest, files, last, commit: formatMark(latestCommit) }
      pieces.set(keyOf(piece), {
        ...piece,
        points: [...restorePoints],
        tablespaces: [...tablespaces],
        copies: [...copies],
        needs: { ...needs },
      })
    },
    pieces: () =>
      [...pieces.values()].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : a.segments - b.segments)),
  }
}

/** What reading a proven piece had brought to light. */
export const readingOf = ({ last, commit, points, tablespaces, copies, needs }: ProvenPiece): Reading => ({
  segments: [],
  last,
  records: 0,
  latestCommit:
    commit === null ? undefined : { lsn: commit.lsn, kind: 'commit', xid: commit.xid, at: BigInt(commit.at) },
  early: undefined,
  found: undefined,
  restorePoints: points,
  tablespaces,
  copies,
  needs,
  images: [],
  complaint: undefined,
})

/** Reads the file of a memory; what is no memory of this cluster counts as nothing. */
export const parsePieces = (text: string, systemIdentifier: string): readonly ProvenPiece[] => {
  try {
    const file = fileSchema.parse(JSON.parse(text))
    return file.system_identifier === systemIdentifier ? file.pieces : []
  } catch {
    return []
  }
}

export const formatPieces = (pieces: readonly ProvenPiece[], systemIdentifier: string): string =>
  `${JSON.stringify({ version: 1, system_identifier: systemIdentifier, pieces }, (_, value: unknown) =>
    typeof value === 'bigint' ? formatLsn(value) : value,
  )}\n`

const keyOf = ({ from, newest }: Pick<ProvenPiece, 'from' | 'newest'>): string => `${from} ${newest}`

const formatMark = (mark: WalMark | undefined): ProvenPiece['commit'] =>
  mark?.at === undefined ? null : { lsn: mark.lsn, xid: mark.xid ?? 0, at: String(mark.at) }
