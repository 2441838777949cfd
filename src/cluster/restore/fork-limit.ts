import type { Lsn } from '../../postgres/lsn.ts'
import type { TimelineTree } from '../../postgres/timeline-tree.ts'
import { segmentOfLsn } from '../../postgres/wal-segment.ts'
import type { WalRoute } from '../chain/wal-route.ts'

/**
 * Where the way along a timeline ends because the segment of a fork is there only as the timeline that was left wrote it:
 * behind the fork it holds what was given up, and recovery would replay it (trap R16).
 *
 * @returns the position of the fork; undefined where every fork's segment is of the timeline that begins there
 */
export const forkLimit = (tree: TimelineTree, { timeline, at, segmentSize }: WalRoute): Lsn | undefined =>
  tree.get(timeline).history.find(({ timeline: left, end }) => {
    const source = at(segmentOfLsn(end, segmentSize))
    return source !== undefined && source.timeline <= left
  })?.end
