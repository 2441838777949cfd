import { formatDuration } from '../../base/duration.ts'
import { LifeboatError } from '../../base/errors.ts'
import { compareLsn, formatLsn, type Lsn, parseLsn } from '../../postgres/lsn.ts'
import { parseTimelineHistory } from '../../postgres/timeline-history.ts'
import { featuresOf } from '../../postgres/version.ts'
import type { BackupRecord } from '../repository/backup-record.ts'
import type { Repository } from '../repository/read.ts'
import type { WalSummaries } from './summaries.ts'

export type BackupType = 'full' | 'incremental' | 'auto'

export interface ParentRequest {
  readonly type: BackupType
  readonly repository: Repository
  /** Of this cluster, whole, oldest first. */
  readonly backups: readonly BackupRecord[]
  readonly majorVersion: number
  readonly timeline: number
  readonly summaries: WalSummaries
  /** Seconds: an increment is only put on a chain whose full backup is younger. */
  readonly fullMaxAge: number
  /** Increments on one full backup; each makes a restore longer. */
  readonly maxIncrements: number
}

/** The backup that the next one is an increment to; undefined for a full one. */
export interface ChosenParent {
  readonly parent: BackupRecord | undefined
  /** Why, for people. */
  readonly why: string
}

/**
 * Chooses the youngest whole backup since whose beginning every change is in the WAL summaries, on the way that led to
 * this server's timeline (trap B13). Type `auto` takes a full backup where there is none, or where its chain has become
 * too old or too long.
 *
 * @throws backup/unsupported before PostgreSQL 17, backup/not-summarizing, backup/no-parent; for type incremental alone
 */
export const chooseParent = (request: ParentRequest): ChosenParent => {
  if (request.type === 'full') return { parent: undefined, why: 'the task asks for a full one' }
  const found = findParent(request)
  if (typeof found !== 'string') return found
  if (request.type === 'auto') return { parent: undefined, why: found }
  throw refusal(request, found)
}

const findParent = (request: ParentRequest): ChosenParent | string => {
  const { majorVersion, summaries, backups } = request
  if (!featuresOf(majorVersion).incremental) return `increments are from PostgreSQL 17 on, this is ${majorVersion}`
  if (!summaries.enabled) return 'summarize_wal is off'
  if (backups.length === 0) return 'there is no whole backup to build on'
  const reasons: string[] = []
  for (const backup of [...backups].reverse()) {
    const why = whyNot(request, backup)
    if (why === undefined) {
      const enough = request.type === 'auto' ? whyEnough(request, backup) : undefined
      return enough ?? { parent: backup, why: `every change since ${backup.id} began is in the WAL summaries` }
    }
    reasons.push(`${backup.id}: ${why}`)
  }
  return reasons[0] ?? ''
}

const whyNot = (request: ParentRequest, backup: BackupRecord): string | undefined => {
  const start = parseLsn(backup.start_lsn)
  const stop = parseLsn(backup.stop_lsn)
  if (!leadsHere(request, backup.timeline, stop)) {
    return `timeline ${request.timeline} of this server did not pass through it`
  }
  const gap = firstGap(request.summaries, start)
  if (gap !== undefined) return `the WAL summaries have nothing at ${formatLsn(gap)}, which it needs`
  return undefined
}

/** Why the chain that ends in a backup is to get no further increment. */
const whyEnough = (request: ParentRequest, backup: BackupRecord): string | undefined => {
  const chain = chainOf(request.backups, backup)
  const [full] = chain
  const age = Math.max(0, (request.repository.now.getTime() - Date.parse(full?.stop_time ?? '')) / 1000)
  if (age >= request.fullMaxAge) return `the full backup ${full?.id} is ${formatDuration(age)} old`
  if (chain.length > request.maxIncrements) return `there are ${chain.length - 1} increments on ${full?.id}`
  return undefined
}

/** A backup and those below it, the full one first. */
export const chainOf = (backups: readonly BackupRecord[], backup: BackupRecord): readonly BackupRecord[] => {
  const parent = backups.find(({ id }) => id === backup.parent)
  return parent === undefined ? [backup] : [...chainOf(backups, parent), backup]
}

/** Whether the server's timeline is the backup's, or was forked after its end. */
const leadsHere = ({ timeline, repository }: ParentRequest, id: number, stop: Lsn): boolean => {
  if (id === timeline) return true
  const history = repository.histories.get(timeline)
  if (history === undefined) return false
  return parseTimelineHistory(history).some((fork) => fork.timeline === id && fork.end >= stop)
}

/**
 * The first position from `start` on that no summary covers, nor ever will: the newest WAL is summarized while the
 * backup begins, from where the summarizer is.
 */
const firstGap = ({ ranges, position }: WalSummaries, start: Lsn): Lsn | undefined => {
  const here = position === undefined ? [] : [{ from: position, to: position }]
  const sorted = [...ranges, ...here].sort((a, b) => compareLsn(a.from, b.from))
  let reached: Lsn | undefined
  for (const { from, to } of sorted) {
    if (from > start && (reached === undefined || from > reached)) return start > (reached ?? 0n) ? start : reached
    if (reached === undefined || to > reached) reached = to
  }
  return reached === undefined ? start : undefined
}

const refusal = ({ majorVersion, summaries }: ParentRequest, why: string): LifeboatError => {
  if (!featuresOf(majorVersion).incremental) return new LifeboatError('backup/unsupported', why)
  if (!summaries.enabled) {
    return new LifeboatError('backup/not-summarizing', 'an incremental backup is not possible: summarize_wal is off', {
      hints: [
        'set summarize_wal = on (postgresql_set; a reload is enough), then take a full backup',
        'without WAL summaries the server does not know which blocks have changed',
      ],
    })
  }
  return new LifeboatError('backup/no-parent', `an incremental backup is not possible: ${why}`, {
    hints: ['take a full one (type: full), or let type: auto do it', 'summaries are kept for wal_summary_keep_time'],
  })
}
