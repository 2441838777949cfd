import { setTimeout as sleep } from 'node:timers/promises'
import { LifeboatError } from '../../base/errors.ts'
import type { Session } from '../../host/connection.ts'
import { backupHistoryFileName, historyFileName } from '../../postgres/archive-file.ts'
import { parseBackupHistory } from '../../postgres/backup-label.ts'
import { formatLsn } from '../../postgres/lsn.ts'
import { segmentName, segmentsBetween } from '../../postgres/wal-segment.ts'
import type { Cluster } from '../locate.ts'
import type { RepositoryAccess } from '../repository/access.ts'
import { type BackupRecord, formatBackupRecord } from '../repository/backup-record.ts'
import { backupId, INCOMPLETE } from '../repository/layout.ts'
import { sql } from '../sql.ts'
import type { ChosenParent } from './choose-parent.ts'
import { watchDatabases } from './copied-databases.ts'
import type { DataPath } from './data-path.ts'
import type { ServerFacts } from './facts.ts'
import type { HostFacts } from './host-facts.ts'
import { inspectTaken, type TakenFiles } from './inspect-taken.ts'
import type { BackupProgress } from './progress.ts'
import { runTake } from './run-take.ts'
import { endRemains } from './sweep.ts'
import { switchPrimary } from './switch-primary.ts'
import { waitForWal } from './wait-for-wal.ts'

export interface BackupOptions {
  /** Of the cluster's owner. */
  readonly session: Session
  readonly cluster: Cluster
  readonly access: RepositoryAccess
  readonly server: ServerFacts
  readonly host: HostFacts
  readonly path: DataPath
  readonly increment: ChosenParent
  /** Names that backups have already. */
  readonly taken: ReadonlySet<string>
  readonly inventoryHost: string
  readonly runId: string
  readonly label: string | undefined
  readonly checkpoint: 'fast' | 'spread'
  readonly walMethod: 'none' | 'fetch' | 'stream'
  readonly maxRate: number | undefined
  /** Words before the commands of the host: `nice -n 10`. */
  readonly priority: readonly string[]
  /** How the primary of a standby is reached; undefined for its own primary_conninfo. */
  readonly primary: string | undefined
  /** Seconds that the WAL of the backup may take into the repository after its end. */
  readonly walTimeout: number
  readonly signal: AbortSignal
  readonly onWarning: (message: string) => void
  readonly onProgress: (progress: Omit<BackupProgress, 'archiverFailures'>) => void
}

export interface TakenBackup {
  readonly record: BackupRecord
  /** Folders of interrupted attempts that were removed before. */
  readonly swept: readonly string[]
}

/**
 * Takes a backup into the repository, on this host or another. It is written under a name that ends in `.incomplete`;
 * when its WAL is proven to be in the archive, its digests are taken and its record is written, it gets its own name.
 *
 * @throws backup/running, backup/failed, backup/corrupt, backup/wal-missing, archive/failing, archive/unreachable,
 *   lifeboat/interrupted
 */
export const takeBackup = async (options: BackupOptions): Promise<TakenBackup> => {
  const { session, access } = options
  await endRemains(session, access)
  const { begun, id } = await nameBackup(options)
  const copiedDatabases = await watchDatabases(options)
  const label = options.label ?? `lifeboat ${id}`
  const swept: string[] = []
  const take = { ...options, id, label, onSwept: (name: string) => void swept.push(name) }
  const record = await runTake(take, async (pageFailures) => {
    const ended = await clock(options)
    const taken = await inspectTaken(session, access, id, options.server, options.host.nameFiles)
    const wal = await proveWal(options, taken)
    for (const warning of await copiedDatabases(taken)) options.onWarning(warning)
    checkIncrement(options, taken)
    const made = makeRecord(options, { id, label, begun, ended, pageFailures }, taken, wal)
    await publish(session, access, made)
    return made
  })
  if (record.page_failures.length > 0) throw corrupt(record, `${access.layout.place}/backup/${id}`)
  return { record, swept }
}

/** Names count seconds: where an earlier backup began within this one, the next is waited for. */
const nameBackup = async (options: BackupOptions): Promise<{ readonly begun: Date; readonly id: string }> => {
  for (;;) {
    const begun = await clock(options)
    const id = backupId(begun, options.increment.parent === undefined ? 'full' : 'incr')
    if (!options.taken.has(id)) return { begun, id }
    await sleep(1000 - begun.getMilliseconds())
  }
}

/** A backup that names the wrong beginning could not be put together with its parent. */
const checkIncrement = ({ increment: { parent } }: BackupOptions, { label }: TakenFiles): void => {
  const from = label.incrementalFrom
  if (parent === undefined ? from === undefined : from && formatLsn(from.lsn) === parent.start_lsn) return
  throw new LifeboatError(
    'backup/failed',
    `the server took an increment from ${from ? formatLsn(from.lsn) : 'nothing'}`,
  )
}

/** Kept, for it may be the last copy of what is on these disks; but no run takes it for a whole one (trap B15). */
const corrupt = ({ id, page_failures: failures }: BackupRecord, path: string): LifeboatError =>
  new LifeboatError('backup/corrupt', `pages of the cluster are damaged: ${failures[0]}`, {
    hints: [
      ...failures.slice(1, 5),
      `the backup ${id} was kept as corrupt in ${path}; earlier whole ones still count, and nothing may remove them for it`,
      'look at the disks, and restore from an earlier backup',
    ],
    data: { id, failures },
  })

/** Clock of the database server: the one that targets of a restore are compared with. */
const clock = async ({ session, cluster }: BackupOptions): Promise<Date> => {
  const { rows } = await sql(session, cluster).query<{ now: string }>('SELECT clock_timestamp() AS now')
  return new Date(rows[0]?.now ?? Number.NaN)
}

interface BackupWal {
  readonly first: string
  readonly last: string
  readonly history: { readonly name: string; readonly content: string } | null
  readonly timelineHistory: string | null
}

/** Proves that all WAL from the start to the stop is in the archive, and reads what PostgreSQL archived about it. */
const proveWal = async (options: BackupOptions, taken: TakenFiles): Promise<BackupWal> => {
  const { session, access, server, signal } = options
  const size = server.wal_segment_size
  const segments = segmentsBetween(taken.timeline, taken.start, taken.stop, size)
  const first = segmentName(taken.timeline, taken.start, size)
  const name = backupHistoryFileName(first, Number(taken.start % BigInt(size)))
  if (server.in_recovery) await finishSegment(options)
  options.onProgress({ phase: 'waiting for WAL in the repository', done: 0, total: null })
  const names = server.in_recovery ? segments : [...segments, name]
  await waitForWal(session, access, names, options.walTimeout, signal)
  const last = segments.at(-1) ?? first
  const timelineHistory = await readHistory(options, taken.timeline)
  if (server.in_recovery) return { first, last, history: null, timelineHistory }
  const content = (await access.readFile(`wal/${name.slice(0, 8)}/${name}`)).toString()
  const history = parseBackupHistory(content, name)
  if (history.start !== taken.start || history.stop !== taken.stop) {
    throw new LifeboatError('backup/failed', `${name} in the archive is not the history of this backup`, {
      hints: [`it goes from ${formatLsn(history.start)} to ${formatLsn(history.stop)}`],
    })
  }
  return { first, last, history: { name, content }, timelineHistory }
}

const readHistory = async ({ session, access }: BackupOptions, timeline: number): Promise<string | null> => {
  const name = historyFileName(timeline)
  const found = await session.run(access.find(name))
  access.check(found)
  return found.stdout === '' ? null : (await access.readFile(`wal/${name}`)).toString()
}

/**
 * A standby switches no WAL, and writes no history file. What the primary of a standby that was promoted meanwhile
 * writes belongs to another timeline.
 */
const finishSegment = async ({ session, cluster, server, primary, onWarning }: BackupOptions): Promise<void> => {
  const { rows } = await sql(session, cluster).query<{ recovering: boolean; system_identifier: string }>(
    'SELECT pg_is_in_recovery() AS recovering, system_identifier::text FROM pg_control_system()',
  )
  if (rows[0]?.recovering !== true || rows[0].system_identifier !== server.system_identifier) {
    throw new LifeboatError('backup/failed', 'the standby was promoted while it was backed up', {
      hints: ['nothing of the backup was kept', 'take one of the new primary'],
    })
  }
  const why = await switchPrimary(session, cluster, server.system_identifier, primary)
  if (why === undefined) return
  onWarning(`the primary did not finish its WAL segment, which is waited for now (archive_timeout): ${why}`)
}

interface Naming {
  readonly id: string
  readonly label: string
  readonly begun: Date
  readonly ended: Date
  readonly pageFailures: readonly string[]
}

const makeRecord = (options: BackupOptions, naming: Naming, taken: TakenFiles, wal: BackupWal): BackupRecord => {
  const { server, cluster, path } = options
  const second = (moment: Date, up: boolean): string =>
    new Date((up ? Math.ceil : Math.floor)(moment.getTime() / 1000) * 1000).toISOString().replace('.000Z', 'Z')
  return {
    version: 1,
    id: naming.id,
    label: naming.label,
    type: options.increment.parent === undefined ? 'full' : 'incr',
    parent: options.increment.parent?.id ?? null,
    run_id: options.runId,
    host: options.inventoryHost,
    cluster: cluster.name,
    system_identifier: server.system_identifier,
    postgresql_version: server.version,
    major_version: server.major_version,
    wal_segment_size: server.wal_segment_size,
    data_checksums: server.data_checksums,
    page_failures: [...naming.pageFailures],
    timeline: taken.timeline,
    start_lsn: formatLsn(taken.start),
    stop_lsn: formatLsn(taken.stop),
    start_time: second(naming.begun, false),
    // Rounded up: a target before it must not choose this backup (trap R6).
    stop_time: second(naming.ended, true),
    first_segment: wal.first,
    last_segment: wal.last,
    size: taken.size,
    stored_size: taken.files.reduce((sum, file) => sum + file.size, 0),
    compression: path.method,
    method: path.words,
    wal_method: options.walMethod,
    files: taken.files,
    tablespaces: server.tablespaces,
    data_directory: server.data_directory,
    wal_directory: options.host.walDirectory,
    config: taken.config,
    settings: server.settings,
    databases: server.databases,
    backup_label: taken.labelText,
    backup_history: wal.history,
    timeline_history: wal.timelineHistory,
  }
}

/** Writes the record and gives the backup its name, in that order. */
const publish = async (session: Session, access: RepositoryAccess, record: BackupRecord): Promise<void> => {
  await access.writeFile(`backup/${record.id}${INCOMPLETE}/backup.json`, formatBackupRecord(record))
  const result = await session.run(access.finish(record.id))
  access.check(result)
  if (result.status === 0) return
  throw new LifeboatError('backup/failed', `the backup cannot be given its name: ${result.stderr.trim()}`, {
    hints: ['nothing of it was kept'],
  })
}
