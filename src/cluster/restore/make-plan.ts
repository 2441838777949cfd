import type { Session } from '../../host/connection.ts'
import { historyFileName, timelineOfHistoryFile } from '../../postgres/archive-file.ts'
import { parseRecoveryGoal } from '../../postgres/recovery-target.ts'
import { TimelineTree } from '../../postgres/timeline-tree.ts'
import { parseSegment } from '../../postgres/wal-segment.ts'
import { archivedSegments, localSegments } from '../chain/archived-segments.ts'
import type { SegmentSource } from '../chain/segment-source.ts'
import { reachOf } from '../chain/wal-route.ts'
import type { Cluster } from '../locate.ts'
import type { RepositoryAccess } from '../repository/access.ts'
import { type Repository, requireIdentity } from '../repository/read.ts'
import { findCandidates } from './candidates.ts'
import { checkVersion } from './check-version.ts'
import { type HostState, inspectHost } from './host-state.ts'
import { preflight } from './preflight.ts'
import { latestCommit, type Resolution, resolveTarget } from './resolve-target.ts'
import { placeOfOld } from './restore-journal.ts'
import type { RestorePlan } from './restore-plan.ts'
import type { RestoreRecord } from './restore-record.ts'
import type { RestoreWish } from './restore-wish.ts'
import type { Resumption } from './resumption.ts'
import { checkPosition } from './standby/check-primary.ts'
import type { Primary } from './standby/primary.ts'
import { isProvenInPlace } from './sweep.ts'
import { placeTablespaces } from './tablespace-places.ts'
import { futuresOf } from './timeline-futures.ts'
import { checkWalCompression, lackedCompressions } from './wal-compression.ts'

export interface PlanRequest {
  readonly runId: string
  readonly cluster: Cluster
  /** To the cluster's folder that is restored from, and what is in it. */
  readonly access: RepositoryAccess
  readonly repository: Repository
  readonly own: boolean
  readonly wish: RestoreWish
  /** The primary that will be followed: its timeline is the one that is meant. */
  readonly primary?: Primary | undefined
  /** Compressions of pages in WAL that the host's server lacks. */
  readonly lacked?: readonly string[] | undefined
  /** The restore to the latest point that was done here; when no transaction has come to the archive since, it is still it. */
  readonly restored?: RestoreRecord | undefined
  /** The interrupted restore that is taken up; `runId` is then that of its journal. */
  readonly resumption?: Resumption | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/**
 * Decides everything about a restore and proves that it can succeed, changing nothing: the backup, the timeline, the
 * record at which recovery ends, the whole chain of WAL up to it, and the place.
 *
 * @param session of the cluster's owner
 * @returns the plan, or `restored` where `request.restored` is what it would lead to
 * @throws every refusal of a restore
 */
export const makePlan = async (
  session: Session,
  host: HostState,
  request: PlanRequest,
): Promise<RestorePlan | 'restored'> => {
  const { cluster, repository, wish, runId } = request
  const identity = requireIdentity(repository)
  checkVersion(identity.major_version, repository, cluster, host)
  const old = await lookAtOld(session, cluster, host)
  const lacked = request.lacked ?? (await lackedCompressions(session, cluster))
  const resolution = await resolvePlan(session, old, { ...request, lacked })
  if (isSame(request.restored, resolution)) return 'restored'
  // The files that were unpacked are those of one backup and on the way of one timeline.
  const { resumption } = request
  if (
    resumption &&
    (resumption.record.backup !== resolution.backup.id || resumption.record.timeline !== resolution.timeline)
  ) {
    return makePlan(session, host, { ...request, runId: `${request.runId}-anew`, resumption: undefined })
  }
  const tablespaces = placeTablespaces(resolution.backup, wish.tablespace_mapping, runId)
  const walDirectory = wish.wal_directory ?? old.old.walLink
  const folders = [
    ...tablespaces.map(({ to }) => to),
    ...resolution.proof.tablespaces.map(({ path }) => path),
    ...(walDirectory === undefined ? [] : [walDirectory]),
  ]
  const place = folders.length === 0 ? old : await look(session, cluster, old, folders)
  const { dataDirectory } = place
  const plan: RestorePlan = {
    runId,
    cluster,
    access: request.access,
    repository,
    identity,
    own: request.own,
    wish,
    resolution,
    primary: request.primary,
    host: place,
    tablespaces,
    walDirectory,
    resumption: request.resumption,
    incomplete: `${dataDirectory}.incomplete-${runId}`,
    setAside:
      (isProvenInPlace(place) ? undefined : place.journal?.old) ??
      (place.exists && !place.empty ? `${dataDirectory}.before-${runId}` : undefined),
  }
  preflight(plan)
  checkWalCompression(resolution, lacked)
  if (plan.primary) checkPosition(plan.primary, plan)
  return plan
}

/**
 * Whether a restore to the latest point would bring nothing: an idle server archives WAL too, without transactions.
 * Where there is none behind the backup, only the same backup is the same state.
 */
const isSame = (record: RestoreRecord | undefined, resolution: Resolution): boolean => {
  if (record === undefined) return false
  const commit = latestCommit(resolution)
  return record.latest_commit === commit && (commit !== null || record.backup === resolution.backup.id)
}

/**
 * Finds the target in all WAL that recovery could read, and proves the chain up to it.
 *
 * @throws the refusals of a target, a timeline and a chain
 */
export const resolvePlan = (session: Session, host: HostState, request: PlanRequest): Promise<Resolution> => {
  const { repository, wish, cluster, primary } = request
  const identity = requireIdentity(repository)
  const goal = parseRecoveryGoal(primary ? { ...wish, target_timeline: primary.timeline } : wish)
  const { tree, sources } = knownWal(repository, identity, host, request)
  const archived = sources.filter((source) => source.origin === 'archive')
  const candidates = findCandidates({
    repository,
    tree,
    futures: futuresOf(tree, archived, identity.wal_segment_size),
    target: goal.target,
    own: request.own,
    timeline: !primary && (wish.target_timeline ?? '') === '' ? undefined : goal.timeline,
    backup: wish.backup,
  })
  return resolveTarget(session, {
    candidates,
    goal,
    tree,
    sources,
    access: request.access,
    binDirectory: cluster.binDirectory,
    systemIdentifier: identity.system_identifier,
    segmentSize: identity.wal_segment_size,
    images: (request.lacked ?? []).length > 0,
    signal: request.signal,
    onProgress: request.onProgress,
  })
}

/** Where an earlier restore was interrupted after the exchange, the old cluster lies set aside: its journal knows. */
const lookAtOld = (session: Session, cluster: Cluster, host: HostState): Promise<HostState> | HostState =>
  oldPlace(host) === undefined ? host : look(session, cluster, host, [])

const look = (session: Session, cluster: Cluster, host: HostState, folders: readonly string[]): Promise<HostState> =>
  inspectHost(session, {
    dataDirectory: host.dataDirectory,
    binDirectory: cluster.binDirectory,
    folders,
    old: oldPlace(host),
  })

const oldPlace = (host: HostState): string | undefined => (isProvenInPlace(host) ? undefined : placeOfOld(host.journal))

interface KnownWal {
  readonly tree: TimelineTree
  readonly sources: readonly SegmentSource[]
}

/** What the archive holds: its segments, and the timelines as its history files and backups know them. */
export const archivedWal = (
  repository: Repository,
  segmentSize: number,
  more: ReadonlyMap<number, string> = new Map(),
): KnownWal => {
  const sources = archivedSegments(repository.wal, segmentSize)
  const fromBackups = repository.backups.flatMap(({ timeline, timeline_history: text }) =>
    text === null ? [] : [[timeline, text] as const],
  )
  const histories = new Map([...more, ...fromBackups, ...repository.histories])
  const seen = [...sources, ...repository.backups].map(({ timeline }) => timeline)
  return { tree: new TimelineTree(histories, seen), sources }
}

/**
 * All WAL that recovery could read: the archive, and for a restore of the cluster itself what its old data directory
 * holds and was never archived (trap R19).
 */
const knownWal = (
  repository: Repository,
  identity: { readonly system_identifier: string; readonly wal_segment_size: number },
  { old }: HostState,
  { own, primary }: Pick<PlanRequest, 'own' | 'primary'>,
): KnownWal => {
  const size = identity.wal_segment_size
  const told = primary?.history === undefined ? [] : [[primary.timeline, primary.history] as const]
  if (!own || old.control?.systemIdentifier !== identity.system_identifier) {
    return archivedWal(repository, size, new Map(told))
  }
  const local = [...old.histories].map(([name, text]) => [timelineOfHistoryFile(name), text] as const)
  const { tree, sources } = archivedWal(repository, size, new Map([...told, ...local]))
  const left = localSegments(old.wal, `${old.path}/pg_wal`, size)
  return { tree, sources: [...sources, ...left.filter(({ timeline }) => tree.has(timeline))] }
}

/**
 * Segments and history files of the old `pg_wal` that are in no archive: what recovery must find in the new one. Of the
 * segments only those on its way: the new cluster will archive all that it has, and what another timeline was still
 * writing, or had only made ready, would be refused by the archive for ever.
 */
export const unarchivedWal = (plan: RestorePlan): readonly string[] => {
  const { host, repository, identity, own } = plan
  if (!own || host.old.control?.systemIdentifier !== identity.system_identifier) return []
  const archived = new Set(repository.wal.map((file) => file.name))
  const size = identity.wal_segment_size
  const { tree } = knownWal(repository, identity, host, plan)
  const way = reachOf(tree, plan.resolution.timeline, size)
  const last = plan.resolution.proof.lastSegment
  return host.old.wal.filter((name) => {
    if (archived.has(name)) return false
    if (name.endsWith('.history')) return historyFileName(timelineOfHistoryFile(name)) === name
    if (!/^[0-9A-F]{24}$/.test(name) || (last !== undefined && name.slice(8) > last.slice(8))) return false
    const { timeline, number } = parseSegment(name, size)
    const range = way.get(timeline)
    return range !== undefined && number >= range.first && number <= range.last
  })
}
