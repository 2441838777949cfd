import { asPostgres, shell, sql } from '../host.ts'
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

/** Segments up to this one that PostgreSQL has not been told to be archived. */
const remaining = async ({ db, data }: Stage, last: string): Promise<number> =>
  Number(
    await asPostgres(
      db,
      `ls ${data}/pg_wal/archive_status | awk '/\\.ready$/ && substr($0, 1, 24) <= "${last}" { n++ } END { print n + 0 }'`,
    ),
  )

/**
 * Waits until PostgreSQL has been told that all segments up to this one are archived, so many seconds at most. Looks
 * fifty times a second at the last one: the archiver takes them in order.
 *
 * @returns how many are left
 */
export const waitArchived = async (stage: Stage, last: string, seconds: number): Promise<number> => {
  const { db, data } = stage
  await asPostgres(
    db,
    `cd ${data}/pg_wal/archive_status || exit 1
    end=$(($(date +%s) + ${seconds}))
    while [ -e ${last}.ready ] && [ "$(date +%s)" -lt $end ]; do sleep 0.02; done`,
  )
  return remaining(stage, last)
}

/** Finishes the current segment and waits for it. */
export const archiveEverything = async (stage: Stage): Promise<void> => {
  const { db } = stage
  const last = await sql(db, 'SELECT pg_walfile_name(pg_switch_wal())')
  if ((await waitArchived(stage, last, 120)) === 0) return
  const log = await shell(db, 'tail -n 20 /var/log/postgresql/postgresql-*-main.log')
  throw new Error(`${last} was not archived within two minutes:\n${log}`)
}
