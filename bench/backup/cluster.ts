import { shell, sql } from '../host.ts'
import type { Stage } from './stage.ts'

/** Bytes that pgbench makes for each unit of its scale, with the free space in its pages. */
const PER_SCALE = 16.6 * 1024 * 1024

/** Configuration of both clusters, in a file that no backup holds: no contender inherits it. */
const CONF = `archive_mode = on
wal_level = replica
archive_command = ''
listen_addresses = '*'
# A checkpoint is taken when the bench says so, never in the middle of a measurement.
checkpoint_timeout = 1h
max_wal_size = 32GB
# An autovacuum behind a burst writes half a GB of WAL, which only one of them would have to replay.
autovacuum = off
`

/**
 * Makes the cluster whose speed of backup is measured, and readies the spare to take it. Durability is as PostgreSQL
 * comes: fsync, full_page_writes and synchronous_commit are on.
 */
export const makeClusters = async (stage: Stage): Promise<void> => {
  const { db, spare, unit, data, options } = stage
  const [, major] = /@(\d+)-/.exec(unit) ?? []
  const folder = `/etc/postgresql/${major}/main`
  const configure = (conf: string): string => `cat > ${folder}/conf.d/bench.conf <<'END'
${conf}END
    echo 'host bench app 10.213.0.0/16 trust' >> ${folder}/pg_hba.conf
    echo 'local replication postgres peer' >> ${folder}/pg_hba.conf
    systemctl restart ${unit}`
  await Promise.all([
    shell(db, configure(CONF)),
    shell(spare, configure(CONF.replace('archive_mode = on', 'archive_mode = off'))),
  ])
  await shell(spare, `systemctl stop ${unit} && find ${data} -mindepth 1 -delete`)
  await sql(db, 'CREATE DATABASE bench; CREATE ROLE app LOGIN;')
  const scale = Math.max(1, Math.round(options.size / PER_SCALE))
  // Room in the pages lets an update stay in its page: the cluster does not grow from round to round.
  await shell(db, `pgbench -i -q -n -F 90 -s ${scale} bench`, { user: 'postgres' })
  await sql(db, 'CREATE TABLE marker (at timestamptz); GRANT SELECT ON marker, pgbench_branches TO app;', 'bench')
  await sql(db, 'VACUUM ANALYZE; CHECKPOINT;', 'bench')
}

/** Bytes of the data directory without its WAL. */
export const clusterSize = async ({ db, data }: Stage): Promise<number> =>
  Number((await shell(db, `du -sb --exclude=pg_wal ${data}`)).split('\t')[0])

/** Work of customers after a backup, which a restore has to replay; its last row is the last thing that happened. */
export const writeSome = async ({ db }: Stage): Promise<void> => {
  await shell(db, 'pgbench -n -c 4 -j 2 -t 1000 bench', { user: 'postgres' })
  await sql(db, 'INSERT INTO marker VALUES (clock_timestamp())', 'bench')
}

/** What is in the cluster, in a line: equal lines mean equal rows. Reads every row. */
export const SUMS = `SELECT (SELECT count(*) || ' ' || sum(abalance) || ' ' || sum(aid) FROM pgbench_accounts)
  || ' ' || (SELECT count(*) FROM pgbench_history) || ' ' || (SELECT count(*) || ' ' || max(at) FROM marker)`
