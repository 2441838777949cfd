import { z } from 'zod'
import { LifeboatError } from '../../base/errors.ts'

const bytes = z.number().int().nonnegative()
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const lsn = z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/)
const segment = z.string().regex(/^[0-9A-F]{24}$/)

const recordSchema = z.object({
  version: z.literal(1),
  /** Name of the backup's folder: the moment it began, UTC, and its type. */
  id: z.string(),
  label: z.string(),
  /** `incr` holds only blocks that have changed since its parent began. */
  type: z.enum(['full', 'incr']),
  /** Id of the backup that it is an increment to. */
  parent: z.string().nullable().default(null),
  run_id: z.string(),
  /** Host of the inventory on which it was taken. */
  host: z.string(),
  /** The cluster's name on that host (`15/main`, or its data directory). */
  cluster: z.string(),
  system_identifier: z.string().regex(/^\d+$/),
  /** Full version, `15.20`. */
  postgresql_version: z.string(),
  major_version: z.number().int(),
  wal_segment_size: bytes,
  data_checksums: z.boolean(),
  /** What the server said of pages whose checksums were wrong as it read them: the backup is damaged (trap B15). */
  page_failures: z.array(z.string()).default([]),
  timeline: z.number().int().positive(),
  /** Where replay begins (redo of the start checkpoint) and the position from which the copy is consistent. */
  start_lsn: lsn,
  stop_lsn: lsn,
  /** UTC, ISO 8601. */
  start_time: z.string(),
  stop_time: z.string(),
  /** The oldest segment that is needed, and the one in which the backup ends. */
  first_segment: segment,
  last_segment: segment,
  /** Bytes of the cluster's files, and of the files in the backup's folder. */
  size: bytes,
  stored_size: bytes,
  /** How the archives are compressed, and pg_basebackup's own words for it. */
  compression: z.enum(['zstd', 'lz4', 'gzip', 'none']),
  method: z.string(),
  /** Whether the WAL of the backup is inside it too. */
  wal_method: z.enum(['none', 'fetch', 'stream']),
  /** Every file of the folder but this record; `contents` tells what it is. */
  files: z.array(
    z.object({
      name: z.string(),
      contents: z.enum(['data', 'tablespace', 'wal', 'manifest', 'config']),
      /** Of a tablespace's archive. */
      oid: z.number().int().optional(),
      size: bytes,
      sha256,
    }),
  ),
  tablespaces: z.array(z.object({ oid: z.number().int(), name: z.string(), path: z.string() })),
  data_directory: z.string(),
  /** Where `pg_wal` pointed to, null where it was a plain folder. */
  wal_directory: z.string().nullable(),
  /** Configuration files, which are neither in WAL nor, on Debian, in the data directory. `file` is below the folder. */
  config: z.array(
    z.object({
      role: z.enum(['config_file', 'hba_file', 'ident_file', 'auto_conf', 'include']),
      path: z.string(),
      file: z.string(),
      in_data_directory: z.boolean(),
    }),
  ),
  /** Settings that a restored server must have at least as high (trap R15). */
  settings: z.object({
    max_connections: z.number().int(),
    max_worker_processes: z.number().int(),
    max_wal_senders: z.number().int(),
    max_prepared_transactions: z.number().int(),
    max_locks_per_transaction: z.number().int(),
    shared_preload_libraries: z.string(),
  }),
  databases: z.array(
    z.object({
      name: z.string(),
      size: bytes,
      encoding: z.string(),
      collate: z.string(),
      ctype: z.string(),
      collation_version: z.string().nullable(),
    }),
  ),
  /** `backup_label` of the backup, byte for byte. */
  backup_label: z.string(),
  /** The `.backup` history file that PostgreSQL archived for it, with its name. */
  backup_history: z.object({ name: z.string(), content: z.string() }).nullable(),
  /** Content of the timeline's history file; null on the first timeline. */
  timeline_history: z.string().nullable(),
})

/** What `backup.json` says of a backup. Written last: a folder without it is no backup. */
export type BackupRecord = z.output<typeof recordSchema>

/**
 * Reads `backup.json`.
 *
 * @param path for the message
 * @throws backup/bad-record
 */
export const parseBackupRecord = (text: string, path: string): BackupRecord => {
  try {
    return recordSchema.parse(JSON.parse(text))
  } catch (cause) {
    const why = cause instanceof z.ZodError ? `: ${cause.issues[0]?.path.join('.')} ${cause.issues[0]?.message}` : ''
    throw new LifeboatError('backup/bad-record', `${path} is not the record of a backup${why}`, { cause })
  }
}

export const formatBackupRecord = (record: BackupRecord): string =>
  `${JSON.stringify(recordSchema.parse(record), null, 2)}\n`
