import { LifeboatError } from '../base/errors.ts'
import { type Lsn, parseLsn } from './lsn.ts'

/** States as pg_controldata prints them. */
export type ClusterState =
  | 'starting up'
  | 'shut down'
  | 'shut down in recovery'
  | 'shutting down'
  | 'in crash recovery'
  | 'in archive recovery'
  | 'in production'
  | 'unrecognized status code'

/** Settings that a standby or a restored server must not have lower than here (trap R15). */
export interface RequiredSettings {
  readonly max_connections: number
  readonly max_worker_processes: number
  /** Absent before PostgreSQL 12. */
  readonly max_wal_senders: number | undefined
  readonly max_prepared_transactions: number
  readonly max_locks_per_transaction: number
}

/** What `pg_control` holds, read from the output of pg_controldata. */
export interface ControlData {
  readonly controlVersion: number
  readonly catalogVersion: number
  /** Decimal: it does not fit a JavaScript number. */
  readonly systemIdentifier: string
  readonly state: ClusterState
  readonly checkpoint: Lsn
  readonly redo: Lsn
  /** Name of the segment from which crash recovery would begin. */
  readonly redoSegment: string
  readonly timeline: number
  readonly previousTimeline: number
  /** UTC, when pg_controldata ran with `TZ=UTC`. */
  readonly checkpointTime: Date
  /** 0/0 outside archive recovery. */
  readonly minimumRecoveryEnd: Lsn
  readonly minimumRecoveryTimeline: number
  /** Other than 0/0 while a backup is being recovered and its end is not reached. */
  readonly backupStart: Lsn
  readonly endOfBackupRequired: boolean
  readonly walLevel: string
  readonly required: RequiredSettings
  readonly blockSize: number
  readonly walBlockSize: number
  /** Bytes. */
  readonly segmentSize: number
  readonly checksums: boolean
  /** What pg_controldata warned of: above all a CRC that does not match, a torn or damaged file (trap B8). */
  readonly warnings: readonly string[]
}

/**
 * Reads the output of `TZ=UTC LC_ALL=C pg_controldata`, of versions 10 to 18.
 *
 * @throws postgres/bad-control-data when a line is missing that every version prints
 */
export const parseControlData = (output: string): ControlData => {
  const lines = new Map<string, string>()
  const warnings: string[] = []
  let warning: string[] | undefined
  for (const line of output.split(/\r?\n/)) {
    const match = /^([A-Za-z][^:]*):(.*)$/.exec(line)
    if (/^(pg_controldata: )?warning:/i.test(line)) warning = [line]
    else if (warning && line.trim() === '') {
      warnings.push(warning.join(' ').replaceAll(/ +/g, ' '))
      warning = undefined
    } else if (warning) warning.push(line.trim())
    else if (match) lines.set(match[1] ?? '', (match[2] ?? '').trim())
  }
  if (warning) warnings.push(warning.join(' ').replaceAll(/ +/g, ' '))

  const text = (label: string): string => {
    const value = lines.get(label)
    if (value !== undefined) return value
    throw new LifeboatError('postgres/bad-control-data', `pg_controldata printed no "${label}"`, {
      hints: warnings.length > 0 ? warnings : ['its output must be in English: it has to run with LC_ALL=C'],
    })
  }
  const number = (label: string): number => {
    const value = Number(text(label))
    if (Number.isFinite(value)) return value
    throw new LifeboatError('postgres/bad-control-data', `pg_controldata printed "${text(label)}" as "${label}"`)
  }
  const maxWalSenders = lines.get('max_wal_senders setting')

  return {
    controlVersion: number('pg_control version number'),
    catalogVersion: number('Catalog version number'),
    systemIdentifier: text('Database system identifier'),
    state: text('Database cluster state') as ClusterState,
    checkpoint: parseLsn(text('Latest checkpoint location')),
    redo: parseLsn(text("Latest checkpoint's REDO location")),
    redoSegment: text("Latest checkpoint's REDO WAL file"),
    timeline: number("Latest checkpoint's TimeLineID"),
    previousTimeline: number("Latest checkpoint's PrevTimeLineID"),
    checkpointTime: new Date(`${text('Time of latest checkpoint')} UTC`),
    minimumRecoveryEnd: parseLsn(text('Minimum recovery ending location')),
    minimumRecoveryTimeline: number("Min recovery ending loc's timeline"),
    backupStart: parseLsn(text('Backup start location')),
    endOfBackupRequired: text('End-of-backup record required') === 'yes',
    walLevel: text('wal_level setting'),
    required: {
      max_connections: number('max_connections setting'),
      max_worker_processes: number('max_worker_processes setting'),
      max_wal_senders: maxWalSenders === undefined ? undefined : Number(maxWalSenders),
      max_prepared_transactions: number('max_prepared_xacts setting'),
      max_locks_per_transaction: number('max_locks_per_xact setting'),
    },
    blockSize: number('Database block size'),
    walBlockSize: number('WAL block size'),
    segmentSize: number('Bytes per WAL segment'),
    checksums: number('Data page checksum version') !== 0,
    warnings,
  }
}

/** Whether a state is one in which no server works on the files, if the server is not lying dead in them. */
export const isCleanlyShutDown = (state: ClusterState): boolean =>
  state === 'shut down' || state === 'shut down in recovery'
