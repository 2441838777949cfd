import { LifeboatError } from '../../base/errors.ts'
import type { Session } from '../../host/connection.ts'
import { formatLsn, type Lsn } from '../../postgres/lsn.ts'
import { formatUtc } from '../../postgres/moment.ts'
import { describeTarget, type RecoveryGoal, type RecoveryTarget } from '../../postgres/recovery-target.ts'
import type { TimelineTree } from '../../postgres/timeline-tree.ts'
import { formatSegment, segmentOfLsn } from '../../postgres/wal-segment.ts'
import { type ChainProof, proveChain } from '../chain/prove-chain.ts'
import type { WalMark } from '../chain/read-segments.ts'
import { seekFor } from '../chain/seek.ts'
import type { SegmentSource } from '../chain/segment-source.ts'
import { layRoute } from '../chain/wal-route.ts'
import type { RepositoryAccess } from '../repository/access.ts'
import type { BackupRecord } from '../repository/backup-record.ts'
import { backupEnd, backupStart, backupStartTime } from './backup-span.ts'
import type { Candidate, Candidates } from './candidates.ts'
import { chainError } from './chain-error.ts'
import { forkLimit } from './fork-limit.ts'
import { targetAfterEnd, targetBeforeBackup, targetNotFound } from './target-errors.ts'

/** A target made certain: from which backup, along which timeline, to which record. */
export interface Resolution {
  readonly backup: BackupRecord
  readonly timeline: number
  /** What a standby goes on to follow: the timeline that was chosen, `latest` where no newer one is known. */
  readonly follow: 'latest' | number
  /** A segment that is archived only under the next timeline's name, though the target lies before the switch to it. */
  readonly lent: LentSegment | undefined
  /** What the server is told. `latest` has become the position of the last record there is. */
  readonly goal: RecoveryGoal
  /** The record at which recovery stops; undefined for latest and immediate. */
  readonly stop: WalMark | undefined
  /** Recovery has to read this far at least. */
  readonly reach: Lsn
  readonly proof: ChainProof
}

/** A segment that recovery must find under another name than it is archived under. */
export interface LentSegment {
  readonly name: string
  readonly source: SegmentSource
  /** Bytes from its beginning that are true under that name; undefined where all are. */
  readonly bytes?: number | undefined
}

export interface ResolveRequest {
  readonly candidates: Candidates
  readonly goal: RecoveryGoal
  readonly tree: TimelineTree
  readonly sources: readonly SegmentSource[]
  readonly access: RepositoryAccess
  readonly binDirectory: string
  readonly systemIdentifier: string
  readonly segmentSize: number
  /** Whether it is looked how full pages in the WAL are compressed. */
  readonly images?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/**
 * Finds the target in the WAL and proves the whole chain up to it. The newest backup that ends before the target is
 * taken: a server told to stop earlier than its backup's end stops at a later state, in silence (trap R6).
 *
 * @throws restore/target-before-backup, restore/target-after-end, restore/target-not-found, restore/timeline-choice,
 *   restore/wal-missing and the other faults of a chain
 */
export const resolveTarget = async (session: Session, request: ResolveRequest): Promise<Resolution> => {
  const { candidates, goal } = request
  const { target } = goal
  const usable = candidates.list.filter(({ backup }) => mayLeadTo(backup, target))
  const tried: { candidate: Candidate; proof: ChainProof }[] = []
  for (const candidate of usable) {
    const newer = tried.at(-1)?.candidate
    const known = newer?.timeline === candidate.timeline ? backupEnd(newer.backup) : undefined
    const proof = await prove(session, request, candidate, known)
    const end = backupEnd(candidate.backup)
    if (target.kind === 'latest' || target.kind === 'immediate') {
      if (proof.problem) throw chainError(proof.problem, proof, candidate.backup)
      if (proof.readTo < end || proof.last === undefined) throw incompleteBackup(candidate.backup, proof)
      return resolved(request, candidate, proof)
    }
    // The server would stop at the first match, wherever it stands.
    if (proof.found && !proof.early) return resolved(request, candidate, proof)
    tried.push({ candidate, proof })
    // Nothing earlier helps when the target lies behind the end; one before the backup's end needs an older backup.
    if (!proof.early && (target.kind === 'time' || target.kind === 'lsn')) break
  }
  const [newest] = tried
  if (newest?.proof.problem) throw chainError(newest.proof.problem, newest.proof, newest.candidate.backup)
  if (newest && !tried.some(({ proof }) => proof.early)) {
    if (candidates.otherwise) throw candidates.otherwise
    if (target.kind === 'time' || target.kind === 'lsn') throw targetAfterEnd(target, newest.proof)
    throw targetNotFound(
      target,
      tried.map(({ proof }) => proof),
      tried.at(-1)?.candidate.backup,
    )
  }
  if (candidates.list.length === 0 && candidates.otherwise) throw candidates.otherwise
  throw targetBeforeBackup(
    target,
    candidates.list.map(({ backup }) => backup),
  )
}

const prove = (
  session: Session,
  request: ResolveRequest,
  { backup, timeline, limit }: Candidate,
  known: Lsn | undefined,
): Promise<ChainProof> => {
  const { goal } = request
  const route = layRoute(request.tree, timeline, request.sources, request.segmentSize)
  return proveChain(session, {
    access: request.access,
    binDirectory: request.binDirectory,
    systemIdentifier: request.systemIdentifier,
    route,
    from: backupStart(backup),
    seek: seekFor(goal.target, goal.inclusive, backupEnd(backup)),
    until: goal.target.kind === 'immediate' ? backupEnd(backup) : known,
    limit: limit ?? forkLimit(request.tree, route),
    images: request.images,
    signal: request.signal,
    onProgress: request.onProgress,
  })
}

// Of a time only the WAL tells exactly whether a transaction behind it ended before the backup did.
const mayLeadTo = (backup: BackupRecord, target: RecoveryTarget): boolean => {
  if (target.kind === 'time') return backupStartTime(backup) <= target.at
  if (target.kind === 'lsn') return backupEnd(backup) <= target.lsn
  return true
}

const resolved = (request: ResolveRequest, candidate: Candidate, proof: ChainProof): Resolution => {
  const { goal, tree } = request
  const { backup } = candidate
  const last = proof.last ?? proof.readTo
  const target: RecoveryTarget = goal.target.kind === 'latest' ? { kind: 'lsn', lsn: last } : goal.target
  const reach = goal.target.kind === 'immediate' ? backupEnd(backup) : (proof.found?.lsn ?? last)
  // A server that stops before the switch to the timeline it was told to follow writes a history that is wrong.
  const timeline = goal.target.kind === 'immediate' ? backup.timeline : tree.timelineAt(candidate.timeline, reach)
  const newest = tree.all.at(-1)?.id
  return {
    backup,
    timeline,
    follow: candidate.timeline === newest ? 'latest' : candidate.timeline,
    lent:
      goal.action === 'standby'
        ? lendToFork(request, candidate.timeline)
        : timeline === candidate.timeline
          ? undefined
          : lend(request, candidate.timeline, timeline, reach),
    goal: { ...goal, target, timeline: timeline === backup.timeline ? 'current' : timeline },
    stop: proof.found,
    reach,
    proof,
  }
}

/** After a crash the last segment of a timeline exists only as the first one of the next, which begins with a copy. */
const lend = (request: ResolveRequest, proven: number, timeline: number, reach: Lsn): LentSegment | undefined => {
  const { tree, sources, segmentSize } = request
  const number = segmentOfLsn(reach, segmentSize)
  if (layRoute(tree, timeline, sources, segmentSize).at(number)) return undefined
  const source = layRoute(tree, proven, sources, segmentSize).at(number)
  return source && { name: formatSegment({ timeline, number }, segmentSize), source }
}

/**
 * A standby goes on along the chosen timeline, and would read the segment of a fork as the timeline that was left wrote
 * it, beyond the fork. It gets what its own timeline has of it, as PostgreSQL itself makes it at a promotion.
 */
const lendToFork = ({ tree, sources, segmentSize }: ResolveRequest, timeline: number): LentSegment | undefined => {
  const route = layRoute(tree, timeline, sources, segmentSize)
  const fork = forkLimit(tree, route)
  const number = fork === undefined ? undefined : segmentOfLsn(fork, segmentSize)
  const source = number === undefined ? undefined : route.at(number)
  if (fork === undefined || number === undefined || !source) return undefined
  return { name: route.nameOf(number), source, bytes: Number(fork % BigInt(segmentSize)) }
}

const incompleteBackup = (backup: BackupRecord, proof: ChainProof): LifeboatError =>
  new LifeboatError(
    'restore/wal-missing',
    `the archive ends at ${formatLsn(proof.readTo)}, before the end of the backup ${backup.id} at ${backup.stop_lsn}`,
    { hints: ['wait until its last segment is archived, or choose another backup'] },
  )

/** When the latest transaction up to the target was committed, UTC; null where there is none since the backup. */
export const latestCommit = ({ proof }: Resolution): string | null =>
  proof.latestCommit?.at === undefined ? null : formatUtc(proof.latestCommit.at)

/** A resolution for a person: `lsn 0/3000028`, `time 2026-11-22 01:30:00+00 (before the commit of 743 at …)`. */
export const describeResolution = ({ goal, stop }: Resolution): string => {
  const target = describeTarget(goal.target)
  if (!stop) return target
  const place = `at ${formatLsn(stop.lsn)}`
  if (stop.kind === 'point' || stop.kind === 'record')
    return goal.target.kind === 'lsn' ? target : `${target}, ${place}`
  const when = stop.at === undefined ? '' : ` of ${formatUtc(stop.at)}`
  const before = goal.target.kind === 'time' || !goal.inclusive
  return `${target}, ${before ? 'before' : 'after'} the ${stop.kind} of transaction ${stop.xid}${when} ${place}`
}
