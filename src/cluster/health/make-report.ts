import type { Catalogue } from '../catalogue/make-catalogue.ts'
import type { RepositoryFolder } from '../repository/folder.ts'
import type { RepositoryLayout } from '../repository/layout.ts'
import { type ArchivedFile, archiveRate } from './archive-rate.ts'
import { type Check, type Verdict, worst } from './checks.ts'
import { judgeArchiver, judgeRpo, judgeSettings, rpoBound } from './judge-archiver.ts'
import { judgePlace } from './judge-place.ts'
import { chainIsWhole, judgeBackups, judgeChain, judgeTimelines, newestBackup } from './judge-repository.ts'
import { type FillingSpace, judgeSpace, timeToFull } from './judge-space.ts'
import type { ServerHealth } from './read-server.ts'
import type { Thresholds } from './thresholds.ts'

/** What was found of a cluster's archive and backups. */
export interface HealthGround {
  readonly layout: RepositoryLayout
  readonly dataDirectory: string
  /** Undefined where the server does not run. */
  readonly server: ServerHealth | undefined
  readonly repository: RepositoryGround | undefined
  /** Checks that were decided before: that the server runs, that the repository can be read. */
  readonly checks: readonly Check[]
}

export interface RepositoryGround {
  readonly catalogue: Catalogue
  readonly folder: RepositoryFolder
  /** Every segment of the archive. */
  readonly segments: readonly ArchivedFile[]
  /** The segment that the server archived last, where it is not in the repository. */
  readonly lost: string | undefined
  /** Seconds since 1970 UTC, by the clock of the host. */
  readonly now: number
}

/** The figures of a check: null where they cannot be known. Times in seconds, sizes in bytes. */
export interface HealthFacts {
  readonly archive_ready_files: number | null
  readonly archive_oldest_ready_seconds: number | null
  readonly archive_last_wal: string | null
  readonly archive_last_seconds: number | null
  readonly archive_failing: boolean | null
  readonly archive_failed_count: number | null
  readonly archive_chain_ok: boolean
  readonly archive_chain_gaps: number | null
  readonly archive_size: number | null
  readonly rpo_bound_seconds: number | null
  readonly backup_id: string | null
  readonly backup_age_seconds: number | null
  readonly backup_size: number | null
  readonly backups: number | null
  readonly backups_damaged: number | null
  readonly backups_incomplete: number | null
  readonly wal_rate: number | null
  readonly pg_wal_size: number | null
  readonly pg_wal_free: number | null
  readonly pg_wal_full_seconds: number | null
  readonly repository_rate: number | null
  readonly repository_free: number | null
  readonly repository_full_seconds: number | null
}

export interface HealthReport {
  readonly verdict: Verdict
  readonly checks: readonly Check[]
  readonly facts: HealthFacts
}

/** Judges the health of a cluster's archive and backups; pure. */
export const makeReport = (ground: HealthGround, thresholds: Thresholds): HealthReport => {
  const { server, repository, layout } = ground
  const wal = walSpace(server, repository)
  const stored = repositorySpace(repository)
  const archives = server?.in_recovery === false
  const checks = [
    ...ground.checks,
    ...(server && archives ? [judgeSettings(server, layout.place)] : []),
    ...(server ? [judgeArchiver(server, thresholds), judgeRpo(server, thresholds)] : []),
    ...(repository
      ? [
          judgeChain(repository.catalogue, repository.lost),
          judgeBackups(repository.catalogue, thresholds),
          judgeTimelines(repository.catalogue, archives ? server?.timeline : undefined),
          judgePlace(repository.folder, layout, ground.dataDirectory),
        ]
      : []),
    ...(wal ? [judgeSpace('pg_wal', wal, thresholds.walSpace, 'if nothing were archived any more')] : []),
    ...(stored ? [judgeSpace('space', stored, thresholds.repositorySpace, 'if nothing were removed')] : []),
  ]
  const facts = { ...serverFacts(server), ...repositoryFacts(repository), ...spaceFacts(server, wal, stored) }
  return { verdict: worst(checks.map(({ verdict }) => verdict)), checks, facts }
}

/** What pg_wal would fill with: measured from the archive where there is one, else from the server's statistics. */
const walSpace = (server: ServerHealth | undefined, ground: RepositoryGround | undefined): FillingSpace | undefined => {
  if (server === undefined) return undefined
  const archived = ground && archiveRate(ground.segments, server.wal_segment_size, ground.now).wal
  return { ...server.pg_wal, rate: archived || (server.wal_rate ?? 0) }
}

/** WAL as it is stored, and backups of the size of the newest at the distance of the last two. */
const repositorySpace = (ground: RepositoryGround | undefined): FillingSpace | undefined => {
  if (!ground) return undefined
  const { catalogue, segments, now } = ground
  const [newest, before] = [...catalogue.backups].sort((a, b) => a.age - b.age)
  const distance = newest && before ? Math.max(3600, before.age - newest.age) : undefined
  const backups = newest && distance ? newest.stored_size / distance : 0
  const { stored } = archiveRate(segments, catalogue.wal_segment_size, now)
  return { ...catalogue.space, rate: stored + backups }
}

const serverFacts = (server: ServerHealth | undefined) => ({
  archive_ready_files: server?.ready_files ?? null,
  archive_oldest_ready_seconds: server ? (server.oldest_ready_age ?? 0) : null,
  archive_last_wal: server?.last_archived_wal ?? null,
  archive_last_seconds: server?.last_archived_age ?? null,
  archive_failing: server?.failing ?? null,
  archive_failed_count: server?.failed_count ?? null,
  rpo_bound_seconds: (server && rpoBound(server)) ?? null,
})

const repositoryFacts = (ground: RepositoryGround | undefined) => {
  const catalogue = ground?.catalogue
  const newest = catalogue && newestBackup(catalogue)
  return {
    archive_chain_ok: catalogue !== undefined && chainIsWhole(catalogue, ground?.lost),
    archive_chain_gaps: catalogue?.gaps.length ?? null,
    archive_size: catalogue?.sizes.wal ?? null,
    backup_id: newest?.id ?? null,
    backup_age_seconds: newest?.age ?? null,
    backup_size: newest?.stored_size ?? null,
    backups: catalogue?.backups.length ?? null,
    backups_damaged: catalogue?.damaged.length ?? null,
    backups_incomplete: catalogue ? (catalogue.locked ? 0 : catalogue.incomplete.length) : null,
  }
}

const spaceFacts = (
  server: ServerHealth | undefined,
  wal: FillingSpace | undefined,
  stored: FillingSpace | undefined,
) => ({
  wal_rate: round(wal?.rate),
  pg_wal_size: server?.pg_wal_size ?? null,
  pg_wal_free: wal?.free ?? null,
  pg_wal_full_seconds: round(wal && timeToFull(wal)),
  repository_rate: round(stored?.rate),
  repository_free: stored?.free ?? null,
  repository_full_seconds: round(stored && timeToFull(stored)),
})

const round = (value: number | undefined): number | null => (value === undefined ? null : Math.round(value))
