import type { Session } from '../../host/connection.ts'
import type { Lsn } from '../../postgres/lsn.ts'
import { TimelineTree } from '../../postgres/timeline-tree.ts'
import { archivedSegments } from '../chain/archived-segments.ts'
import { proveChain } from '../chain/prove-chain.ts'
import type { DatabaseCopy } from '../chain/read-segments.ts'
import { layRoute } from '../chain/wal-route.ts'
import type { Cluster } from '../locate.ts'
import type { RepositoryAccess } from '../repository/access.ts'
import { readRepository } from '../repository/read.ts'
import { sql } from '../sql.ts'
import type { ServerFacts } from './facts.ts'

/** A backup that is being taken, as far as its databases go. */
export interface BackupPlace {
  /** Of the cluster's owner. */
  readonly session: Session
  readonly cluster: Cluster
  readonly access: RepositoryAccess
  readonly server: ServerFacts
  readonly signal: AbortSignal
}

/** The WAL from the start of a backup to its stop. */
export interface BackupSpan {
  readonly timeline: number
  readonly start: Lsn
  readonly stop: Lsn
}

/**
 * Remembers which databases there are, before a backup begins.
 *
 * The function that comes back tells, a sentence each, which were made meanwhile by copying the files of their template
 * (trap B18; manual: Continuous Archiving, Caveats): replay copies them again, from a template that the backup may have
 * read in a later state. Before PostgreSQL 15 every database is made so, since then only with `STRATEGY file_copy`, and
 * the WAL alone tells which: it must be in the repository by then.
 */
export const watchDatabases = async (place: BackupPlace): Promise<(span: BackupSpan) => Promise<readonly string[]>> => {
  const before = await readDatabases(place)
  return async (span) => {
    const after = await readDatabases(place)
    const made = [...after.keys()].filter((oid) => !before.has(oid))
    if (made.length === 0) return []
    const copies = await readCopies(place, span)
    return made.flatMap((oid) => {
      const copy = copies?.find(({ database }) => database === oid)
      if (copies !== undefined && copy === undefined) return []
      const template = after.get(copy?.template ?? 0)
      const of = template === undefined ? 'its template' : `"${template}"`
      const how = copies === undefined && place.server.major_version >= 15 ? 'perhaps by copying' : 'by copying'
      return `database "${after.get(oid)}" was made from ${of} while the backup was taken, ${how} files: what was changed in ${of} before its end can come into it in a restore`
    })
  }
}

const readDatabases = async ({ session, cluster }: BackupPlace): Promise<ReadonlyMap<number, string>> => {
  const { rows } = await sql(session, cluster, { readOnly: true }).query<{ oid: number; name: string }>(
    'SELECT oid::bigint AS oid, datname AS name FROM pg_database',
  )
  return new Map(rows.map(({ oid, name }) => [Number(oid), name]))
}

/** Undefined where not all of that WAL can be read. */
const readCopies = async (place: BackupPlace, span: BackupSpan): Promise<readonly DatabaseCopy[] | undefined> => {
  const { session, cluster, access, server, signal } = place
  const { wal } = await readRepository(session, access.layout, access)
  const segments = archivedSegments(wal, server.wal_segment_size)
  const tree = new TimelineTree(new Map(), [span.timeline])
  const proof = await proveChain(session, {
    access,
    binDirectory: cluster.binDirectory,
    systemIdentifier: server.system_identifier,
    route: layRoute(tree, span.timeline, segments, server.wal_segment_size),
    from: span.start,
    limit: span.stop,
    signal,
  })
  return proof.readTo < span.stop ? undefined : proof.copies
}
