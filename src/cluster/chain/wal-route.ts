import type { Lsn } from '../../postgres/lsn.ts'
import type { TimelineTree } from '../../postgres/timeline-tree.ts'
import { formatSegment, segmentOfLsn } from '../../postgres/wal-segment.ts'
import type { SegmentSource } from './segment-source.ts'

/** Which file recovery reads for each segment number on its way along a timeline's history. */
export interface WalRoute {
  readonly timeline: number
  readonly segmentSize: number
  at(number: bigint): SegmentSource | undefined
  /** The name under which a segment is looked for first. */
  nameOf(number: bigint): string
  /** The newest archived segment on the way; undefined where nothing of the way is archived. */
  readonly lastArchived: bigint | undefined
  /** The first number that is only in `pg_wal`. */
  readonly firstLocal: bigint | undefined
}

/**
 * Lays the way of recovery through segment files. As the server does, a segment in which the timeline changes is taken
 * from the newer timeline first, for that file holds both halves; and of one timeline an archived segment is preferred
 * to one in `pg_wal` (trap R19).
 */
export const layRoute = (
  tree: TimelineTree,
  timeline: number,
  sources: readonly SegmentSource[],
  segmentSize: number,
): WalRoute => {
  const reach = reachOf(tree, timeline, segmentSize)
  const chosen = new Map<bigint, SegmentSource>()
  for (const source of sources) {
    const range = reach.get(source.timeline)
    if (!range || source.number < range.first || source.number > range.last) continue
    const other = chosen.get(source.number)
    if (!other || isPreferred(source, other)) chosen.set(source.number, source)
  }
  const numbers = (origin: SegmentSource['origin']): bigint[] =>
    [...chosen.values()].filter((source) => source.origin === origin).map((source) => source.number)
  return {
    timeline,
    segmentSize,
    at: (number) => chosen.get(number),
    nameOf: (number) => {
      const [newest] = [...reach].filter(([, range]) => number >= range.first).sort(([a], [b]) => b - a)
      return formatSegment({ timeline: newest?.[0] ?? timeline, number }, segmentSize)
    },
    lastArchived: numbers('archive').reduce<bigint | undefined>(
      (a, b) => (a === undefined || b > a ? b : a),
      undefined,
    ),
    firstLocal: numbers('pg_wal').reduce<bigint | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined),
  }
}

const isPreferred = (source: SegmentSource, other: SegmentSource): boolean =>
  source.timeline === other.timeline ? source.origin === 'archive' : source.timeline > other.timeline

/** The segment numbers that each timeline of the history may serve, both ends included. */
export const reachOf = (
  tree: TimelineTree,
  timeline: number,
  segmentSize: number,
): ReadonlyMap<number, { first: bigint; last: bigint }> => {
  const reach = new Map<number, { first: bigint; last: bigint }>()
  let begin: Lsn = 0n
  for (const piece of tree.get(timeline).history) {
    reach.set(piece.timeline, { first: segmentOfLsn(begin, segmentSize), last: segmentOfLsn(piece.end, segmentSize) })
    begin = piece.end
  }
  reach.set(timeline, { first: segmentOfLsn(begin, segmentSize), last: 1n << 64n })
  return reach
}
