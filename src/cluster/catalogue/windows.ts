import { formatLsn, type Lsn } from '../../postgres/lsn.ts'
import type { TimelineTree } from '../../postgres/timeline-tree.ts'
import type { SegmentSource } from '../chain/segment-source.ts'
import { layRoute } from '../chain/wal-route.ts'
import type { BackupRecord } from '../repository/backup-record.ts'
import { backupEnd, backupStart } from '../restore/backup-span.ts'
import { leadsTo } from '../restore/timeline-futures.ts'
import { followWal, type WalReach } from './follow-wal.ts'

/** The moments that a backup can be restored to, along one timeline. */
export interface RecoveryWindow {
  readonly timeline: number
  /** From where on: the end of the backup (trap R6). */
  readonly from_lsn: string
  readonly from_time: string
  /** The end of the last record where it is proven, else of the last segment before the first that is missing. */
  readonly to_lsn: string
  readonly to_segment: string | null
  /** When the latest transaction was committed where it is proven, else when that last segment was archived. */
  readonly to_time: string | null
  /** All WAL of the window was read and is good; without a proof only the names of its segments were seen. */
  readonly proven: boolean
  /** Why it ends: with the archive, at a segment that is missing, or at one that is damaged. */
  readonly ends: 'archive' | 'missing' | 'damaged'
  /** What is missing or damaged there. */
  readonly problem: string | null
}

/** What one backup can be restored to. */
export interface BackupWindows {
  readonly backup: BackupRecord
  readonly windows: readonly RecoveryWindow[]
  /** Ways on which not even the backup itself can become consistent, a sentence each. */
  readonly problems: readonly string[]
}

export interface WindowGround {
  readonly tree: TimelineTree
  readonly sources: readonly SegmentSource[]
  readonly segmentSize: number
  readonly futures: readonly number[]
  /** When a segment was archived, in seconds since 1970 UTC, by its path below the cluster's folder. */
  writtenAt(path: string): number | undefined
}

/** What reading the WAL behind a backup along a timeline brought to light. */
export interface ProvenReach {
  /** End of the last record that is whole. */
  readonly end: Lsn
  readonly segment: string | undefined
  /** Of the latest commit, ISO 8601. */
  readonly time: string | undefined
  readonly problem: { readonly kind: 'missing' | 'damaged'; readonly words: string } | undefined
}

/** The timelines that a backup can follow to an end; its own where none of the ends is within its reach. */
export const waysOf = ({ tree, futures }: WindowGround, backup: BackupRecord): readonly number[] => {
  const ways = futures.filter((future) => leadsTo(tree, backup, future))
  return ways.length > 0 ? ways : [backup.timeline]
}

/**
 * The windows of recovery of a backup, one for each timeline that leads on from it.
 *
 * @param proofs by timeline; where one is missing, names and sizes of the segments count
 */
export const windowsOf = (
  backup: BackupRecord,
  ground: WindowGround,
  proofs: ReadonlyMap<number, ProvenReach> = new Map(),
): BackupWindows => {
  const { tree, sources, segmentSize } = ground
  const windows: RecoveryWindow[] = []
  const problems: string[] = []
  for (const timeline of waysOf(ground, backup)) {
    const route = layRoute(tree, timeline, sources, segmentSize)
    const reach = followWal(route, backupStart(backup), backupEnd(backup))
    const proof = proofs.get(timeline)
    const end = proof?.end ?? reach.end
    if (end < backupEnd(backup)) {
      const words = proof?.problem?.words ?? missing(reach) ?? `its WAL ends at ${formatLsn(end)}`
      problems.push(`cannot become consistent along timeline ${timeline}: ${words}`)
      continue
    }
    windows.push({
      timeline,
      from_lsn: backup.stop_lsn,
      from_time: backup.stop_time,
      ...(proof === undefined ? byNames(reach, ground) : byProof(proof)),
    })
  }
  return { backup, windows, problems }
}

type End = Omit<RecoveryWindow, 'timeline' | 'from_lsn' | 'from_time'>

const byNames = (reach: WalReach, { writtenAt }: WindowGround): End => {
  const written = reach.lastPath === undefined ? undefined : writtenAt(reach.lastPath)
  const problem = missing(reach)
  return {
    to_lsn: formatLsn(reach.end),
    to_segment: reach.last ?? null,
    to_time: written === undefined ? null : new Date(written * 1000).toISOString().replace('.000Z', 'Z'),
    proven: false,
    ends: problem === undefined ? 'archive' : 'missing',
    problem: problem ?? null,
  }
}

const byProof = ({ end, segment, time, problem }: ProvenReach): End => ({
  to_lsn: formatLsn(end),
  to_segment: segment ?? null,
  to_time: time ?? null,
  proven: true,
  ends: problem?.kind ?? 'archive',
  problem: problem?.words ?? null,
})

const missing = ({ gaps: [gap] }: WalReach): string | undefined =>
  gap === undefined
    ? undefined
    : `WAL is missing: ${gap.segments === 1 ? gap.first : `${gap.first} to ${gap.last}, ${gap.segments} segments`}`
