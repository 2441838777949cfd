import type { Session } from '../../host/connection.ts'
import type { Cluster } from '../locate.ts'
import type { BackupRecord } from '../repository/backup-record.ts'
import { sql } from '../sql.ts'
import type { Method } from './compression.ts'

/** What the running server says of itself, as far as a backup asks. */
export interface ServerFacts {
  readonly system_identifier: string
  /** Full version: `15.20`. */
  readonly version: string
  readonly major_version: number
  readonly wal_segment_size: number
  readonly in_recovery: boolean
  /** Of the last checkpoint. */
  readonly timeline: number
  readonly data_checksums: boolean
  readonly data_directory: string
  readonly max_wal_senders: number
  readonly wal_senders: number
  readonly wal_level: string
  readonly full_page_writes: boolean
  /** Methods that the server was built with; gzip is always one. */
  readonly methods: readonly Method[]
  /** Bytes of all databases and WAL aside, as the server counts them. */
  readonly size: number
  readonly tablespaces: BackupRecord['tablespaces']
  readonly settings: BackupRecord['settings']
  readonly databases: BackupRecord['databases']
  readonly config: readonly { readonly role: BackupRecord['config'][number]['role']; readonly path: string }[]
  readonly now: string
}

/**
 * Asks the running server all that a backup needs to know, one round trip.
 *
 * @param session of the cluster's owner
 */
export const readServerFacts = async (session: Session, cluster: Cluster): Promise<ServerFacts> => {
  const major = cluster.majorVersion
  const results = await sql(session, cluster, { readOnly: true }).queries([
    SERVER,
    TABLESPACES,
    databasesQuery(major),
    configQuery(major),
  ])
  const [server, tablespaces, databases, config] = results.map(({ rows }) => rows)
  const row = server?.[0] as unknown as ServerRow
  return {
    ...row,
    size: Number(row.size),
    major_version: major,
    methods: row.compressions === null ? ['gzip'] : methodsOf(row.compressions),
    tablespaces: (tablespaces ?? []) as unknown as ServerFacts['tablespaces'],
    databases: ((databases ?? []) as unknown as ServerFacts['databases']).map((database) => ({
      ...database,
      size: Number(database.size),
    })),
    config: (config ?? []) as unknown as ServerFacts['config'],
  }
}

interface ServerRow extends Omit<ServerFacts, 'methods' | 'tablespaces' | 'databases' | 'config' | 'major_version'> {
  readonly compressions: readonly string[] | null
}

// The server's WAL and its base backups are compressed by the same libraries; none is named where it has neither.
const methodsOf = (compressions: readonly string[]): Method[] => [
  'gzip',
  ...(['lz4', 'zstd'] as const).filter((method) => compressions.includes(method)),
]

const SERVER = `
SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
       split_part(current_setting('server_version'), ' ', 1) AS version,
       (SELECT setting::bigint * CASE unit WHEN '8kB' THEN 8192 ELSE 1 END
          FROM pg_settings WHERE name = 'wal_segment_size') AS wal_segment_size,
       pg_is_in_recovery() AS in_recovery,
       (SELECT timeline_id FROM pg_control_checkpoint()) AS timeline,
       current_setting('data_checksums')::boolean AS data_checksums,
       current_setting('data_directory') AS data_directory,
       current_setting('max_wal_senders')::integer AS max_wal_senders,
       (SELECT count(*)::integer FROM pg_stat_replication) AS wal_senders,
       current_setting('wal_level') AS wal_level,
       current_setting('full_page_writes')::boolean AS full_page_writes,
       (SELECT enumvals FROM pg_settings WHERE name = 'wal_compression') AS compressions,
       (SELECT coalesce(sum(pg_tablespace_size(oid)), 0)::bigint FROM pg_tablespace) AS size,
       json_build_object(
         'max_connections', current_setting('max_connections')::integer,
         'max_worker_processes', current_setting('max_worker_processes')::integer,
         'max_wal_senders', current_setting('max_wal_senders')::integer,
         'max_prepared_transactions', current_setting('max_prepared_transactions')::integer,
         'max_locks_per_transaction', current_setting('max_locks_per_transaction')::integer,
         'shared_preload_libraries', current_setting('shared_preload_libraries')) AS settings,
       clock_timestamp() AS now`

const TABLESPACES = `
SELECT oid::bigint AS oid, spcname AS name, pg_tablespace_location(oid) AS path
  FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global') ORDER BY oid`

const databasesQuery = (major: number): string => `
SELECT datname AS name, pg_database_size(oid) AS size, pg_encoding_to_char(encoding) AS encoding,
       coalesce(datcollate, '') AS collate, coalesce(datctype, '') AS ctype,
       ${major >= 15 ? 'datcollversion' : 'NULL::text'} AS collation_version
  FROM pg_database WHERE datallowconn ORDER BY datname`

// Every file that a setting or a rule came from: those that include other files name them nowhere else.
const configQuery = (major: number): string => `
SELECT 'config_file' AS role, current_setting('config_file') AS path
 UNION ALL SELECT 'hba_file', current_setting('hba_file')
 UNION ALL SELECT 'ident_file', current_setting('ident_file')
 UNION ALL
SELECT * FROM (
  SELECT DISTINCT CASE WHEN sourcefile = current_setting('data_directory') || '/postgresql.auto.conf'
                       THEN 'auto_conf' ELSE 'include' END, sourcefile
    FROM pg_file_settings
   WHERE sourcefile <> current_setting('config_file')
   ORDER BY 2) AS files
${major >= 16 ? INCLUDED_RULES : ''}`

const INCLUDED_RULES = `
UNION ALL
SELECT * FROM (
  SELECT 'include', file_name FROM pg_hba_file_rules WHERE file_name <> current_setting('hba_file')
   UNION SELECT 'include', file_name FROM pg_ident_file_mappings WHERE file_name <> current_setting('ident_file')
   ORDER BY 2) AS rules`
