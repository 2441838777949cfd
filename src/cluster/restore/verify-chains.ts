import type { Session } from '../../host/connection.ts'
import { historyFileName } from '../../postgres/archive-file.ts'
import { formatLsn } from '../../postgres/lsn.ts'
import { formatUtc } from '../../postgres/moment.ts'
import { proveChain } from '../chain/prove-chain.ts'
import type { ProvenMemory } from '../chain/proven-pieces.ts'
import { layRoute } from '../chain/wal-route.ts'
import type { RepositoryAccess } from '../repository/access.ts'
import type { BackupRecord } from '../repository/backup-record.ts'
import type { Repository } from '../repository/read.ts'
import { requireIdentity } from '../repository/read.ts'
import { backupEnd, backupStart } from './backup-span.ts'
import { bestReachable, describeProblem } from './chain-error.ts'
import { forkLimit } from './fork-limit.ts'
import { archivedWal } from './make-plan.ts'
import { futuresOf, leadsTo, lostHistories } from './timeline-futures.ts'

/** What is proven of the WAL behind a backup, along one timeline. */
export interface VerifiedChain {
  readonly timeline: number
  readonly first_segment: string | null
  readonly last_segment: string | null
  readonly segments: number
  /** How many of them were not read this time, for an earlier proof of the very same files was remembered. */
  readonly recalled: number
  /** Position of the last record. */
  readonly last_lsn: string | null
  /** When the latest transaction in it was committed, UTC. */
  readonly last_commit: string | null
  readonly restore_points: readonly string[]
  /** Why it does not reach its end, and what can still be restored. */
  readonly problem: string | null
  readonly hints: readonly string[]
}

/** What cannot be verified at all: WAL of timelines of which nobody can tell where they were forked. */
export const unknownTimelines = (repository: Repository): readonly string[] =>
  lostHistories(archivedWal(repository, requireIdentity(repository).wal_segment_size).tree).map(
    (timeline) => `there is WAL of timeline ${timeline}, and ${historyFileName(timeline)} is lost`,
  )

/**
 * Proves the chain of WAL from a backup to the newest segment, along every timeline that leads on from it.
 *
 * @param session of a user who may read the repository
 */
export const verifyChains = async (
  session: Session,
  repository: Repository,
  backup: BackupRecord,
  options: {
    readonly access: RepositoryAccess
    readonly binDirectory: string
    readonly memory?: ProvenMemory | undefined
    readonly signal?: AbortSignal
    readonly onProgress?: (done: number, total: number) => void
  },
): Promise<readonly VerifiedChain[]> => {
  const { system_identifier: systemIdentifier, wal_segment_size: segmentSize } = requireIdentity(repository)
  const { tree, sources } = archivedWal(repository, segmentSize)
  const futures = futuresOf(tree, sources, segmentSize).filter((timeline) => leadsTo(tree, backup, timeline))
  const chains: VerifiedChain[] = []
  for (const timeline of futures.length > 0 ? futures : [backup.timeline]) {
    const route = layRoute(tree, timeline, sources, segmentSize)
    const proof = await proveChain(session, {
      ...options,
      systemIdentifier,
      route,
      from: backupStart(backup),
      limit: forkLimit(tree, route),
    })
    const short =
      proof.problem === undefined && proof.readTo < backupEnd(backup)
        ? `the archive ends at ${formatLsn(proof.readTo)}, before the end of the backup at ${backup.stop_lsn}`
        : null
    chains.push({
      timeline,
      first_segment: proof.firstSegment ?? null,
      last_segment: proof.lastSegment ?? null,
      segments: proof.segments,
      recalled: proof.recalled,
      last_lsn: proof.last === undefined ? null : formatLsn(proof.last),
      last_commit: proof.latestCommit?.at === undefined ? null : formatUtc(proof.latestCommit.at),
      restore_points: proof.restorePoints.map(({ name }) => name),
      problem: proof.problem ? describeProblem(proof.problem) : short,
      hints: proof.problem ? bestReachable(proof, backup) : [],
    })
  }
  return chains
}
