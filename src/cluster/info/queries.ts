/** Of the server as a whole; works from PostgreSQL 10 on. */
export const SERVER = `
SELECT current_setting('server_version') AS server_version,
       current_setting('server_version_num')::int AS server_version_num,
       current_setting('config_file') AS config_file,
       current_setting('hba_file') AS hba_file,
       current_setting('ident_file') AS ident_file,
       current_setting('data_directory') AS data_directory,
       current_setting('port')::int AS port,
       current_setting('data_checksums')::bool AS data_checksums,
       current_setting('wal_level') AS wal_level,
       current_setting('archive_mode') AS archive_mode,
       current_setting('archive_command') AS archive_command,
       current_setting('archive_library', true) AS archive_library,
       (SELECT setting::int FROM pg_settings WHERE name = 'archive_timeout') AS archive_timeout,
       (SELECT bytes_per_wal_segment FROM pg_control_init()) AS segment_size,
       (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
       pg_is_in_recovery() AS in_recovery,
       CASE WHEN pg_is_in_recovery() THEN
         (SELECT greatest(r.min_recovery_end_timeline, c.timeline_id) FROM pg_control_recovery() r, pg_control_checkpoint() c)
       ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END AS timeline,
       CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS lsn,
       pg_postmaster_start_time() AS started_at,
       pg_conf_load_time() AS configuration_loaded_at,
       (SELECT array_agg(name::text ORDER BY name) FROM pg_settings WHERE pending_restart) AS pending_restart`

export interface ServerRow {
  readonly system_identifier: string
  readonly pending_restart: readonly string[] | null
}

/**
 * The archiver, and what waits for it: a helper that dies of a signal is not counted in failed_count, so the files that
 * are ready are what tells (trap A3).
 */
export const ARCHIVER = `
SELECT a.archived_count, a.last_archived_wal, a.last_archived_time, a.failed_count, a.last_failed_wal, a.last_failed_time,
       a.stats_reset, r.ready_files, r.oldest_ready_time
  FROM pg_stat_archiver a,
       (SELECT count(*) AS ready_files, min((pg_stat_file('pg_wal/archive_status/' || file, true)).modification) AS oldest_ready_time
          FROM pg_ls_dir('pg_wal/archive_status') AS file WHERE file LIKE '%.ready') r`

export type ArchiverRow = Readonly<Record<string, unknown>>

export const TABLESPACES = `
SELECT oid, spcname AS name, pg_tablespace_location(oid) AS location
  FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global') ORDER BY spcname`

export type TablespaceRow = Readonly<Record<string, unknown>>
