import { formatLsn } from '../../postgres/lsn.ts'
import type { Timeline } from '../../postgres/timeline-tree.ts'
import { layRoute } from '../chain/wal-route.ts'
import { type Repository, requireIdentity } from '../repository/read.ts'
import type { Space } from '../repository/space.ts'
import { backupEnd, backupStart } from '../restore/backup-span.ts'
import { archivedWal } from '../restore/make-plan.ts'
import { futuresOf, leadsTo } from '../restore/timeline-futures.ts'
import { followWal, type WalGap } from './follow-wal.ts'
import type { RepositoryLook } from './look.ts'
import { type ProvenReach, type RecoveryWindow, type WindowGround, windowsOf } from './windows.ts'

/** Everything that a repository holds of one cluster; names as a playbook uses them, sizes in bytes. */
export interface Catalogue {
  readonly name: string
  readonly folder: string
  readonly system_identifier: string
  readonly major_version: number
  readonly wal_segment_size: number
  /** Clock of the host when it was read, UTC. */
  readonly read_at: string
  readonly backups: readonly CatalogueBackup[]
  readonly timelines: readonly CatalogueTimeline[]
  readonly gaps: readonly CatalogueGap[]
  readonly damaged: readonly { readonly id: string; readonly reason: string; readonly size: number }[]
  readonly incomplete: readonly { readonly name: string; readonly size: number }[]
  /** A backup is being taken, or something removed, at the moment. */
  readonly locked: boolean
  readonly sizes: { readonly backups: number; readonly wal: number; readonly total: number }
  /** Of its file system; null where it cannot be known from this host. */
  readonly space: Space
}

export interface CatalogueBackup {
  readonly id: string
  readonly label: string
  readonly type: string
  /** The backup that this one is an increment to. */
  readonly parent: string | null
  readonly timeline: number
  readonly start_lsn: string
  readonly stop_lsn: string
  readonly start_time: string
  readonly stop_time: string
  /** Seconds since it ended. */
  readonly age: number
  readonly size: number
  readonly stored_size: number
  readonly compression: string
  readonly postgresql_version: string
  readonly first_segment: string
  readonly last_segment: string
  readonly windows: readonly RecoveryWindow[]
  /** Why it cannot be restored, where that is so. */
  readonly problems: readonly string[]
  /** Who reads it at the moment. */
  readonly reader: string | null
}

export interface CatalogueTimeline {
  readonly timeline: number
  readonly parent: number | null
  /** Where it was forked from its parent, and why in PostgreSQL's words. */
  readonly start_lsn: string
  readonly reason: string
  readonly children: readonly number[]
  /** It leads to an end of its own: WAL goes on beyond the last fork. */
  readonly future: boolean
  readonly history_file: boolean
  readonly segments: number
  readonly wal_size: number
  readonly first_segment: string | null
  readonly last_segment: string | null
  /** When the newest file of it was archived. */
  readonly last_archived: string | null
  readonly backups: number
}

export interface CatalogueGap {
  readonly first_segment: string
  readonly last_segment: string
  readonly segments: number
  readonly lsn: string
  /** The timelines on whose way it lies. */
  readonly timelines: readonly number[]
  /** The next backup behind it: what lies between cannot be restored. */
  readonly next_backup: string | null
}

/** What a catalogue is made from. */
export interface CatalogueGround extends WindowGround {
  readonly repository: Repository
  readonly look: RepositoryLook
}

/** @throws archive/no-identity, postgres/bad-history */
export const groundOf = (repository: Repository, look: RepositoryLook): CatalogueGround => {
  const segmentSize = requireIdentity(repository).wal_segment_size
  const { tree, sources } = archivedWal(repository, segmentSize)
  return {
    repository,
    look,
    tree,
    sources,
    segmentSize,
    futures: futuresOf(tree, sources, segmentSize),
    writtenAt: (path) => look.written.get(path.replace(/^wal\//, '')),
  }
}

/**
 * Makes the catalogue of a cluster's part of a repository from its files alone (trap B14); pure.
 *
 * @param proofs what reading the WAL behind each backup brought to light, by id and timeline
 */
export const makeCatalogue = (
  ground: CatalogueGround,
  proofs: ReadonlyMap<string, ReadonlyMap<number, ProvenReach>> = new Map(),
): Catalogue => {
  const { repository, look } = ground
  const { layout } = repository
  const identity = requireIdentity(repository)
  const backups = repository.backups.map((record): CatalogueBackup => {
    const { windows, problems } = windowsOf(record, ground, proofs.get(record.id))
    const { id, label, type, timeline, start_lsn, stop_lsn, start_time, stop_time, size, stored_size } = record
    const { compression, postgresql_version, first_segment, last_segment } = record
    const age = Math.max(0, Math.round((repository.now.getTime() - Date.parse(stop_time)) / 1000))
    const about = { id, label, type, parent: record.parent, timeline, start_lsn, stop_lsn, start_time }
    const files = { size, stored_size, compression, postgresql_version, first_segment, last_segment }
    return { ...about, stop_time, age, ...files, windows, problems, reader: look.readers.get(id) ?? null }
  })
  const stored = repository.backups.reduce((sum, backup) => sum + backup.stored_size, 0)
  const damaged = repository.damaged.map((each) => ({ ...each, size: look.folders.get(each.id) ?? 0 }))
  const incomplete = repository.incomplete.map((name) => ({ name, size: look.folders.get(name) ?? 0 }))
  const useless = [...damaged, ...incomplete].reduce((sum, { size }) => sum + size, 0)
  const wal = repository.wal.reduce((sum, file) => sum + file.size, 0)
  return {
    name: layout.name,
    folder: layout.place,
    system_identifier: identity.system_identifier,
    major_version: identity.major_version,
    wal_segment_size: identity.wal_segment_size,
    read_at: isoSeconds(repository.now.getTime() / 1000),
    backups,
    timelines: ground.tree.all.map((timeline) => describeTimeline(timeline, ground)),
    gaps: findGaps(ground),
    damaged,
    incomplete,
    locked: repository.locked,
    sizes: { backups: stored, wal, total: stored + wal + useless },
    space: look.space,
  }
}

const describeTimeline = (timeline: Timeline, ground: CatalogueGround): CatalogueTimeline => {
  const { repository, tree, futures, look } = ground
  const files = repository.wal.filter(({ file }) => file.kind !== 'timeline-history' && file.timeline === timeline.id)
  const segments = [...new Set(files.filter(({ file }) => file.kind === 'segment').map(({ name }) => name))].sort()
  const written = files.flatMap(({ path }) => look.written.get(path) ?? [])
  return {
    timeline: timeline.id,
    parent: timeline.parent ?? null,
    start_lsn: formatLsn(timeline.start),
    reason: timeline.reason,
    children: tree.childrenOf(timeline.id).map(({ id }) => id),
    future: futures.includes(timeline.id),
    history_file: repository.histories.has(timeline.id),
    segments: segments.length,
    wal_size: files.reduce((sum, file) => sum + file.size, 0),
    first_segment: segments[0] ?? null,
    last_segment: segments.at(-1) ?? null,
    last_archived: written.length === 0 ? null : isoSeconds(written.reduce((a, b) => Math.max(a, b), 0)),
    backups: repository.backups.filter((backup) => backup.timeline === timeline.id).length,
  }
}

/** The gaps on the way from the oldest backup to each end; a gap on the common part of two ways is one. */
export const findGaps = (ground: CatalogueGround): readonly CatalogueGap[] => {
  const found = new Map<string, { gap: WalGap; timelines: number[] }>()
  for (const timeline of ground.futures) {
    for (const gap of gapsOnWay(ground, timeline)) {
      const known = found.get(gap.first)
      if (known === undefined) found.set(gap.first, { gap, timelines: [timeline] })
      else known.timelines.push(timeline)
    }
  }
  return [...found.values()].map(({ gap, timelines }) => {
    const next = ground.repository.backups
      .filter((backup) => backupStart(backup) >= gap.end && timelines.some((way) => leadsTo(ground.tree, backup, way)))
      .at(0)?.id
    const { first: first_segment, last: last_segment, segments, lsn } = gap
    return { first_segment, last_segment, segments, lsn: formatLsn(lsn), timelines, next_backup: next ?? null }
  })
}

const gapsOnWay = (
  { repository, tree, sources, segmentSize }: CatalogueGround,
  timeline: number,
): readonly WalGap[] => {
  const backups = repository.backups.filter((backup) => leadsTo(tree, backup, timeline))
  const [oldest] = [...backups].sort((a, b) => (backupStart(a) < backupStart(b) ? -1 : 1))
  if (oldest === undefined) return []
  return followWal(layRoute(tree, timeline, sources, segmentSize), backupStart(oldest), backupEnd(oldest)).gaps
}

const isoSeconds = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
