import type { ExecOptions, ExecResult } from '../../fleet/result.ts'

/** A host of either fleet. */
export interface AnyHost {
  readonly name: string
  exec(script: string, options?: ExecOptions): Promise<ExecResult>
}

/** Runs a script on a host and gives its output; an error where it fails. */
export const shell = async (host: AnyHost, script: string, options?: ExecOptions): Promise<string> => {
  const { status, stdout, stderr } = await host.exec(script, options)
  if (status !== 0) throw new Error(`${script}\nended with ${status} on ${host.name}: ${stderr}${stdout}`)
  return stdout.trim()
}

/** Runs SQL in the cluster of a Debian host as postgres, and gives its output: rows by line, columns by `|`. */
export const sql = (host: AnyHost, text: string): Promise<string> =>
  shell(host, 'psql -X -q -A -t -v ON_ERROR_STOP=1', { user: 'postgres', stdin: text })

/** The moment in the cluster's clock, with its offset. */
export const clock = (host: AnyHost): Promise<string> =>
  sql(host, `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'`)

/** When the server was started: another value after a restart. */
export const startedAt = (host: AnyHost): Promise<string> => sql(host, 'SELECT pg_postmaster_start_time()')

/** Finishes the current WAL segment and waits until it is archived. */
export const archiveEverything = async (host: AnyHost): Promise<void> => {
  const segment = await sql(host, 'SELECT pg_walfile_name(pg_switch_wal())')
  await sql(
    host,
    `DO $$ BEGIN
      FOR attempt IN 1..600 LOOP
        IF (SELECT last_archived_wal >= '${segment}' FROM pg_stat_archiver) THEN RETURN; END IF;
        PERFORM pg_sleep(0.1); PERFORM pg_stat_clear_snapshot();
      END LOOP;
      RAISE 'WAL segment ${segment} was not archived within a minute';
    END $$`,
  )
}

/**
 * A digest of folders on a host: names, kinds, owners, modes and contents of all that is in them. Times do not count.
 * A server that is idle leaves its data directory as it is, once it has written a checkpoint.
 */
export const digest = (host: AnyHost, ...folders: readonly string[]): Promise<string> =>
  shell(
    host,
    `for folder in ${folders.join(' ')}; do
      find "$folder" -printf '%p %y %u %g %m %l\\n' | LC_ALL=C sort
      find "$folder" -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum
    done | sha256sum | cut -d ' ' -f 1`,
  )
