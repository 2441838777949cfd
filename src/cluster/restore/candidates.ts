import { LifeboatError } from '../../base/errors.ts'
import { didYouMean } from '../../base/nearest.ts'
import type { Lsn } from '../../postgres/lsn.ts'
import type { RecoveryTarget, TargetTimeline } from '../../postgres/recovery-target.ts'
import type { TimelineTree } from '../../postgres/timeline-tree.ts'
import type { BackupRecord } from '../repository/backup-record.ts'
import type { Repository } from '../repository/read.ts'
import { backupEnd, backupEndTime, describeBackup } from './backup-span.ts'
import { historyLost } from './target-errors.ts'
import { allowedTimelines, chooseTimeline, leadsTo, lostHistories, trunkOf } from './timeline-futures.ts'

/** A backup from which a target may be reached, and the timeline to follow. */
export interface Candidate {
  readonly backup: BackupRecord
  readonly timeline: number
  /** Where the way ends that all possible futures have in common; undefined where only one is meant. */
  readonly limit: Lsn | undefined
}

export interface Candidates {
  /** Newest backup first. */
  readonly list: readonly Candidate[]
  /** What to say when the target is not on the way that all futures have in common. */
  readonly otherwise: LifeboatError | undefined
}

export interface CandidateRequest {
  readonly repository: Repository
  readonly tree: TimelineTree
  readonly futures: readonly number[]
  readonly target: RecoveryTarget
  /** The cluster is restored in its own place, and goes on archiving from there. */
  readonly own: boolean
  /** Undefined where the user named none. */
  readonly timeline: TargetTimeline | undefined
  /** Id or label of a backup. */
  readonly backup: string | undefined
}

/**
 * Chooses the backups that come into question and the timeline for each. Several futures in the archive are followed
 * only as far as they are one, unless the user says which is meant (trap R16). `immediate` stays on the backup's own
 * timeline.
 *
 * @throws restore/no-backup, restore/no-such-backup, restore/timeline-choice, restore/no-such-timeline,
 *   restore/timeline-unreachable, restore/history-lost
 */
export const findCandidates = (request: CandidateRequest): Candidates => {
  const { tree, target, timeline } = request
  const backups = [...wantedBackups(request.repository, request.backup)].sort((a, b) =>
    Number(backupEndTime(b) - backupEndTime(a)),
  )
  const lost = lostHistories(tree)
  // Even a timeline that is known will not do in the own place: the server would give the lost one's number anew.
  if (lost.length > 0 && (request.own || (target.kind !== 'immediate' && !isNamed(timeline, lost)))) {
    throw historyLost(lost, `${request.repository.layout.place}/wal`, request.own)
  }
  if (target.kind === 'immediate' || timeline === 'current') {
    const list = backups.map((backup) => ({ backup, timeline: backup.timeline, limit: undefined }))
    return { list, otherwise: undefined }
  }
  const allowed = allowedTimelines(tree, request.futures, backups, timeline)
  const [only, another] = allowed
  if (only === undefined) {
    throw new LifeboatError('restore/timeline-unreachable', 'no timeline of the archive passes through a backup', {
      hints: backups.map((backup) => `${describeBackup(backup)} is on timeline ${backup.timeline}`),
    })
  }
  if (another === undefined) {
    const list = backups
      .filter((backup) => leadsTo(tree, backup, only))
      .map((backup) => ({ backup, timeline: only, limit: undefined }))
    return { list, otherwise: undefined }
  }
  const trunk = trunkOf(tree, allowed)
  const otherwise = chooseTimeline(tree, allowed, trunk)
  if (target.kind === 'latest' || !trunk) throw otherwise
  const list = backups
    .filter((backup) => leadsTo(tree, backup, trunk.timeline) && backupEnd(backup) <= trunk.end)
    .map((backup) => ({ backup, timeline: trunk.timeline, limit: trunk.end }))
  return { list, otherwise }
}

/** Whether the user has said which timeline counts, and it is none of those whose history is lost. */
const isNamed = (timeline: TargetTimeline | undefined, lost: readonly number[]): boolean =>
  timeline === 'current' || (typeof timeline === 'number' && !lost.includes(timeline))

/** The backup that is named by id or label, or all of them. */
export const wantedBackups = (repository: Repository, wanted: string | undefined): readonly BackupRecord[] => {
  const { backups, damaged, incomplete, layout } = repository
  if (backups.length === 0) {
    throw new LifeboatError('restore/no-backup', `there is no whole backup in ${layout.place}/backup`, {
      hints: [
        ...damaged.map(({ id, reason }) => `${id} is damaged: ${reason}`),
        ...incomplete.map((name) => `${name} was never finished`),
        'take one first (playbook backup.yml)',
      ],
    })
  }
  if (wanted === undefined || wanted === '') return backups
  const found = backups.filter((backup) => backup.id === wanted)
  const labelled = found.length > 0 ? found : backups.filter((backup) => backup.label === wanted)
  if (labelled.length > 0) return labelled
  const damage = damaged.find(({ id }) => id === wanted)
  throw new LifeboatError(
    'restore/no-such-backup',
    damage
      ? `the backup ${wanted} is damaged: ${damage.reason}`
      : `there is no backup "${wanted}" in ${layout.place}/backup`,
    {
      hints: [
        ...didYouMean(
          wanted,
          backups.flatMap(({ id, label }) => [id, label]),
        ),
        ...backups.map((backup) => `${describeBackup(backup)}, label "${backup.label}"`),
      ],
    },
  )
}
