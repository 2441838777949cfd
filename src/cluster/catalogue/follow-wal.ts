import type { Lsn } from '../../postgres/lsn.ts'
import { lsnOfSegment, segmentBeforeLsn, segmentOfLsn } from '../../postgres/wal-segment.ts'
import type { WalRoute } from '../chain/wal-route.ts'

/** Segments that are not in the archive though later ones of the same way are. */
export interface WalGap {
  /** Names of the first and the last one that is missing. */
  readonly first: string
  readonly last: string
  readonly segments: number
  /** Position of the first byte that is missing, and of the first one behind them. */
  readonly lsn: Lsn
  readonly end: Lsn
}

/** How far the files of an archive go from a position along one timeline's history. */
export interface WalReach {
  /** The end of the last segment before the first one that is missing; `from` where the very first is. */
  readonly end: Lsn
  /** Names of the first segment, and of the last one that hangs together with it; undefined where there is none. */
  readonly first: string | undefined
  readonly last: string | undefined
  /** Path of that last one on the host. */
  readonly lastPath: string | undefined
  readonly segments: number
  /** All gaps up to the newest segment on the way, in order. */
  readonly gaps: readonly WalGap[]
}

/**
 * Follows a way through the archive by names alone: which segments from a position on are there, and which are missing
 * between them. What is in the segments, `proveChain` tells.
 *
 * @param until a position up to which segments must be there even if no later one is: the end of a backup
 */
export const followWal = (route: WalRoute, from: Lsn, until: Lsn = from): WalReach => {
  const size = route.segmentSize
  const first = segmentOfLsn(from, size)
  const needed = segmentBeforeLsn(until, size)
  const newest = route.lastArchived !== undefined && route.lastArchived > needed ? route.lastArchived : needed
  const gaps: { number: bigint; count: number }[] = []
  let last: bigint | undefined
  for (let number = first; number <= newest; number++) {
    if (route.at(number) !== undefined) {
      if (gaps.length === 0) last = number
      continue
    }
    const gap = gaps.at(-1)
    if (gap !== undefined && gap.number + BigInt(gap.count) === number) gap.count++
    else gaps.push({ number, count: 1 })
  }
  const source = last === undefined ? undefined : route.at(last)
  return {
    end: last === undefined ? from : lsnOfSegment(last + 1n, size),
    first: last === undefined ? undefined : route.at(first)?.name,
    last: source?.name,
    lastPath: source?.path,
    segments: last === undefined ? 0 : Number(last - first) + 1,
    gaps: gaps.map(({ number, count }) => ({
      first: route.nameOf(number),
      last: route.nameOf(number + BigInt(count) - 1n),
      segments: count,
      lsn: lsnOfSegment(number, size),
      end: lsnOfSegment(number + BigInt(count), size),
    })),
  }
}
