import type { Session } from '../../host/connection.ts'
import type { Lsn } from '../../postgres/lsn.ts'
import { proveChain } from '../chain/prove-chain.ts'
import { layRoute } from '../chain/wal-route.ts'
import type { RepositoryAccess } from '../repository/access.ts'
import type { BackupRecord } from '../repository/backup-record.ts'
import { backupStart } from '../restore/backup-span.ts'
import { describeProblem } from '../restore/chain-error.ts'
import { type ProvenReach, type WindowGround, waysOf } from './windows.ts'

export interface ProveReachOptions {
  readonly access: RepositoryAccess
  readonly binDirectory: string
  readonly systemIdentifier: string
  readonly signal: AbortSignal
  readonly onProgress: (done: number, total: number) => void
}

/**
 * Reads all WAL behind backups with pg_waldump, along every timeline. What was read behind one backup is not read again
 * for a later one on the same way.
 *
 * @param backups oldest first
 * @returns for each backup, by id, what is proven along each timeline
 */
export const proveReaches = async (
  session: Session,
  backups: readonly BackupRecord[],
  ground: WindowGround,
  options: ProveReachOptions,
): Promise<ReadonlyMap<string, ReadonlyMap<number, ProvenReach>>> => {
  const read = new Map<number, { from: Lsn; reach: ProvenReach }[]>()
  const result = new Map<string, Map<number, ProvenReach>>()
  for (const backup of [...backups].sort((a, b) => (backupStart(a) < backupStart(b) ? -1 : 1))) {
    const byTimeline = new Map<number, ProvenReach>()
    for (const timeline of waysOf(ground, backup)) {
      const from = backupStart(backup)
      const known = (read.get(timeline) ?? []).find((each) => each.from <= from && from < each.reach.end)
      const reach = known?.reach ?? (await proveReach(session, from, timeline, ground, options))
      if (known === undefined) read.set(timeline, [...(read.get(timeline) ?? []), { from, reach }])
      byTimeline.set(timeline, reach)
    }
    result.set(backup.id, byTimeline)
  }
  return result
}

const proveReach = async (
  session: Session,
  from: Lsn,
  timeline: number,
  { tree, sources, segmentSize }: WindowGround,
  options: ProveReachOptions,
): Promise<ProvenReach> => {
  const route = layRoute(tree, timeline, sources, segmentSize)
  const { readTo, lastSegment, latestCommit, problem } = await proveChain(session, { ...options, route, from })
  const kind = problem?.kind === 'missing' ? 'missing' : 'damaged'
  return {
    end: readTo,
    segment: lastSegment,
    time: latestCommit?.at === undefined ? undefined : new Date(Number(latestCommit.at / 1000n)).toISOString(),
    problem: problem && { kind, words: describeProblem(problem) },
  }
}
