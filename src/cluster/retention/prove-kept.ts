import { LifeboatError } from '../../base/errors.ts'
import type { Session } from '../../host/connection.ts'
import { compareLsn } from '../../postgres/lsn.ts'
import { leadsTo } from '../../postgres/retention.ts'
import { followWal } from '../catalogue/follow-wal.ts'
import { layRoute } from '../chain/wal-route.ts'
import { openAccess } from '../repository/access.ts'
import type { BackupRecord } from '../repository/backup-record.ts'
import type { Repository } from '../repository/read.ts'
import { backupEnd, backupStart } from '../restore/backup-span.ts'
import { verifyChains } from '../restore/verify-chains.ts'
import { verifyStored } from '../restore/verify-stored.ts'
import type { PrunePlan } from './plan-prune.ts'

/**
 * How much is read before anything may go: `presence`, names and sizes; `files`, the digests of the backup too; `wal`,
 * with pg_waldump all WAL behind it as well.
 */
export type ProofDepth = 'presence' | 'files' | 'wal'

export interface ProofOptions {
  readonly depth: ProofDepth
  /** Of PostgreSQL's programs; undefined where they are not on this host, as on one that only holds repositories. */
  readonly binDirectory: string | undefined
  readonly signal: AbortSignal
  readonly onProgress: (phase: string, done: number, total: number, unit: 'bytes' | 'segments') => void
}

/**
 * Proves that the newest backup that stays can be restored, on the way to every future that counts, with all that it
 * stands on: before that no older one may go.
 *
 * @throws retention/not-proven
 */
export const proveKept = async (
  session: Session,
  repository: Repository,
  plan: PrunePlan,
  options: ProofOptions,
): Promise<readonly string[]> => {
  const newest = newestKept(repository, plan)
  const records = [...new Set(newest.map(({ record }) => record))]
  const problems = newest.flatMap(({ record, future }) => missingOnWay(record, future, plan))
  if (problems.length === 0 && options.depth !== 'presence') {
    for (const record of withParents(records, repository)) {
      problems.push(...(await damagedFiles(session, repository, record, options)))
    }
  }
  if (problems.length === 0 && options.depth === 'wal') {
    for (const { record, future } of newest) {
      problems.push(...(await brokenChain(session, repository, record, future, options)))
    }
  }
  if (problems.length === 0) return records.map(({ id }) => id)
  throw new LifeboatError(
    'retention/not-proven',
    `nothing was removed, for the newest backup is not proven: ${problems[0]}`,
    { hints: [...problems.slice(1, 10), 'take a new backup, or find out what happened to this one first'] },
  )
}

type WalGround = Pick<PrunePlan, 'tree' | 'sources' | 'segmentSize' | 'wanted'>

/** The newest kept backup on the way to each future that counts. */
const newestKept = (repository: Repository, plan: PrunePlan): { record: BackupRecord; future: number }[] =>
  plan.wanted.flatMap((future) => {
    const way = plan.kept.map(({ backup }) => backup).filter((backup) => leadsTo(plan.tree, backup, future))
    const newest = way.sort((a, b) => compareLsn(a.stop, b.stop)).at(-1)
    const record = repository.backups.find(({ id }) => id === newest?.id)
    return record === undefined ? [] : [{ record, future }]
  })

const withParents = (records: readonly BackupRecord[], repository: Repository): readonly BackupRecord[] => {
  const all = new Map<string, BackupRecord>()
  const add = (record: BackupRecord | undefined): void => {
    if (record === undefined || all.has(record.id)) return
    all.set(record.id, record)
    add(repository.backups.find(({ id }) => id === record.parent))
  }
  for (const record of records) add(record)
  return [...all.values()]
}

/** A sentence for each run of segments that is missing behind a backup, on the ways that count; by names alone. */
export const missingWal = (record: BackupRecord, plan: WalGround): string[] => {
  const { tree, wanted } = plan
  const ways = wanted.filter((future) => tree.passesThrough(future, record.timeline, backupEnd(record)))
  return (ways.length > 0 ? ways : [record.timeline]).flatMap((timeline) => missingOnWay(record, timeline, plan))
}

const missingOnWay = (record: BackupRecord, timeline: number, { tree, sources, segmentSize }: WalGround): string[] => {
  const route = layRoute(tree, timeline, sources, segmentSize)
  const { gaps } = followWal(route, backupStart(record), backupEnd(record))
  return gaps.map(({ first, last, segments }) => {
    const names = segments === 1 ? first : `${first} to ${last}, ${segments} segments`
    return `WAL behind ${record.id} is missing: ${names}`
  })
}

const damagedFiles = async (
  session: Session,
  { layout }: Repository,
  record: BackupRecord,
  { binDirectory, signal, onProgress }: ProofOptions,
): Promise<string[]> => {
  // Without PostgreSQL's programs the digests alone are compared, as for versions that cannot read archives.
  const subject = binDirectory === undefined ? { ...record, major_version: Math.min(17, record.major_version) } : record
  const access = await openAccess(session, layout)
  const stored = await verifyStored(session, subject, access, binDirectory ?? '', {
    signal,
    onProgress: (done, total) => onProgress(`read ${record.id}`, done, total, 'bytes'),
  })
  return stored.problems.map((problem) => `${record.id}: ${problem}`)
}

const brokenChain = async (
  session: Session,
  repository: Repository,
  record: BackupRecord,
  future: number,
  { binDirectory, signal, onProgress }: ProofOptions,
): Promise<string[]> => {
  if (binDirectory === undefined) return ["pg_waldump of the cluster's version is not on this host"]
  const chains = await verifyChains(session, repository, record, {
    access: await openAccess(session, repository.layout),
    binDirectory,
    signal,
    onProgress: (done, total) => onProgress('prove WAL', done, total, 'segments'),
  })
  return chains.flatMap(({ timeline, problem }) =>
    problem === null || timeline !== future ? [] : [`behind ${record.id}: ${problem}`],
  )
}
