import { asPostgres, shell, sql } from './host.ts'
import type { Stage } from './stage.ts'

const PAGES_IN_SEGMENT = 2000

/** Lets PostgreSQL call this for each segment from now on; an empty command lets segments wait. */
export const setArchiveCommand = async ({ db }: Stage, command: string): Promise<void> => {
  const value = command.replaceAll("'", "''")
  await sql(db, `ALTER SYSTEM SET archive_command = '${value}'; SELECT pg_reload_conf();`)
}

/** Writes WAL as customers do after a checkpoint, whole pages with a changed row each, until so many segments wait. */
export const fillSegments = async (stage: Stage, segments: number, turn: number): Promise<string> => {
  const { db, data } = stage
  const waiting = async (): Promise<number> =>
    Number(await shell(db, `ls ${data}/pg_wal/archive_status | grep -c '\\.ready$' || true`))
  for (let pass = turn; (await waiting()) < segments; pass++) {
    const missing = segments - (await waiting())
    await sql(
      db,
      `CHECKPOINT;
      UPDATE pgbench_accounts SET abalance = abalance + 1
      WHERE aid % 54 = ${pass % 54} AND aid <= ${(missing + 1) * PAGES_IN_SEGMENT * 54};`,
      'bench',
    )
  }
  return sql(db, 'SELECT pg_walfile_name(pg_switch_wal())', 'bench')
}

/** Waits until PostgreSQL has been told that this segment is archived, two minutes at most. Looks fifty times a second. */
export const waitArchived = ({ db, data }: Stage, segment: string): Promise<string> =>
  asPostgres(
    db,
    `cd ${data}/pg_wal/archive_status || exit 1
    n=0
    while [ -e ${segment}.ready ]; do
      sleep 0.02; n=$((n + 1))
      [ $n -lt 6000 ] || { tail -n 20 /var/log/postgresql/postgresql-*-main.log >&2; exit 1; }
    done`,
  )

/** Finishes the current segment and waits for it. */
export const archiveEverything = async (stage: Stage): Promise<void> => {
  await waitArchived(stage, await sql(stage.db, 'SELECT pg_walfile_name(pg_switch_wal())'))
}
