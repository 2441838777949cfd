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

/** Ends everything that a server does by itself, so that whatever changes from now on was done by somebody. */
export const quieten = async (hosts: readonly AnyHost[]): Promise<void> => {
  const statements = [
    'ALTER SYSTEM SET autovacuum = off; SELECT pg_reload_conf()',
    `DO $$ BEGIN
      FOR attempt IN 1..100 LOOP
        EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'autovacuum worker');
        PERFORM pg_sleep(0.1); PERFORM pg_stat_clear_snapshot();
      END LOOP;
    END $$`,
    'CHECKPOINT',
  ]
  for (const text of statements) await Promise.all(hosts.map((host) => sql(host, text)))
}

/** What is in some folders of some hosts: a line for every file, by `host:path`. */
export type Contents = ReadonlyMap<string, string>

/**
 * Reads folders on hosts: kind, owner, mode and digest of all that is in them. Times do not count, nor what the manual
 * lets a base backup leave out because a server makes it anew ("Making a Base Backup Using the Low Level API"), nor the
 * content of WAL segments, to which an idle server adds the state of its transactions once more. Their names count.
 */
export const contentsOf = async (hosts: readonly AnyHost[], ...folders: readonly string[]): Promise<Contents> => {
  const parts = await Promise.all(hosts.map((host) => readFolders(host, folders)))
  return new Map(parts.flat())
}

const readFolders = async (host: AnyHost, folders: readonly string[]): Promise<[string, string][]> => {
  const found = `find ${folders.join(' ')} -name pg_stat_tmp -prune -o ! -name 'pg_internal.init*'`
  const text = await shell(
    host,
    `${found} -printf '%p\\t%y %u %g %m %l\\n'
    ${found} ! -path '*/pg_wal/*' -type f -print0 | xargs -0 -r sha256sum | sed 's/^\\([0-9a-f]*\\)  \\(.*\\)/\\2 (content)\\t\\1/'`,
  )
  return text.split('\n').map((line) => {
    const [path = '', what = ''] = line.split('\t')
    return [`${host.name}:${path}`, what]
  })
}

/** Where two readings differ: an empty list says that nothing was touched. */
export const differences = (before: Contents, after: Contents): string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path)).sort()
