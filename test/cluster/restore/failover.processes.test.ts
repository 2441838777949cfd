import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RestoreFleet, type RestoreHost, startRestoreFleet } from './restore-fleet.ts'

/** A whole life of two hosts that take each other's place, the one rebuilt from the repository each time. */
let fleet: RestoreFleet
let db1: RestoreHost
let db2: RestoreHost

const rows = (host: RestoreHost) => host.sql("SELECT string_agg(i::text, ' ' ORDER BY i) FROM t")
const insert = (host: RestoreHost, value: number) => host.sql(`INSERT INTO t VALUES (${value})`)
const eventually = <T>(look: () => Promise<T>) => expect.poll(look, { timeout: 20_000 })
const archive = (name: string) => `${fleet.repository}/db1/wal/${name}`
const follow = (host: RestoreHost) => ({
  target_action: 'standby',
  primary: `host=127.0.0.1 port=${host.host.port} user=replicator password=secret`,
})
/** Switches WAL and waits until it has come into the folder of db1, whoever archives. */
const switchWal = async (host: RestoreHost) => {
  const name = (await host.sql('SELECT pg_walfile_name(pg_current_wal_lsn())', 'SELECT pg_switch_wal()')).split('\n')[0]
  await eventually(() => db1.sh(`ls ${archive(`${name?.slice(0, 8)}`)} | grep -c ${name} || :`)).toBe('1')
}
const promote = async (host: RestoreHost, history: string) => {
  await host.sql('SELECT pg_promote()')
  await eventually(() => db1.sh(`ls ${archive('')}`)).toContain(history)
}

beforeAll(async () => {
  fleet = await startRestoreFleet([true, false])
  db1 = fleet.host('db1')
  db2 = fleet.host('db2')
  await db1.sql("CREATE ROLE replicator LOGIN REPLICATION PASSWORD 'secret'", 'CREATE TABLE t (i int)')
  await db1.sql("ALTER SYSTEM SET wal_retrieve_retry_interval = '200ms'")
  await insert(db1, 1)
  await db1.archive()
  await db1.backup()
  await insert(db1, 2)
  await db1.switchWal()
})
afterAll(() => fleet?.close())

test('a successor archives nothing while it is a standby, and into the folder of its primary when it is promoted', async () => {
  const { changes, warnings } = await db2.restore({ source: 'db1', ...follow(db1), successor: true })
  expect(changes.at(-1)).toEqual({
    subject: 'archive after promotion',
    before: null,
    after: `${fleet.repository}/db1`,
  })
  expect(warnings).toEqual([])
  await insert(db1, 3)
  await eventually(() => rows(db2)).toBe('1 2 3')
  expect(await db2.sql('SHOW archive_mode', 'SELECT archived_count FROM pg_stat_archiver')).toBe('on\n0')
  await promote(db2, '00000002.history')
  await insert(db2, 4)
  await switchWal(db2)
})

test('R16: the primary of before, which wrote and archived beyond the fork, becomes a standby of the new one', async () => {
  await insert(db1, 100)
  await db1.switchWal()
  await insert(db1, 101)
  const { fields } = await db1.restore({ ...follow(db2), replace: true })
  expect(fields.set_aside).toMatch(/\.before-/)
  await insert(db2, 5)
  await eventually(() => rows(db1)).toBe('1 2 3 4 5')
  expect(await db1.sql('SELECT received_tli FROM pg_stat_wal_receiver', 'SHOW archive_mode')).toBe('2\non')
})

test('R16: a timeline that only the primary knows is followed, and not what was archived beyond its fork', async () => {
  await promote(db1, '00000003.history')
  await insert(db1, 6)
  await insert(db2, 200)
  await switchWal(db2)
  await insert(db2, 201)
  // As if nothing of the third timeline had been archived yet.
  await db1.sh(
    `mkdir '${archive('kept')}'; mv '${archive('00000003.history')}' '${archive('kept')}'; [ ! -d '${archive('00000003')}' ] || mv '${archive('00000003')}' '${archive('kept')}'`,
  )
  await db2.restore({ source: 'db1', ...follow(db1), again: true, replace: true })
  expect(await rows(db2)).toBe('1 2 3 4 5 6')
  await insert(db1, 7)
  await eventually(() => rows(db2)).toBe('1 2 3 4 5 6 7')
  expect(await db2.sql('SELECT received_tli FROM pg_stat_wal_receiver', 'SHOW recovery_target_timeline')).toBe(
    '3\nlatest',
  )
})

test.each([
  ['when its files were put in place', (data: string) => `[ -d '${data}'.before-*/base ]`],
  ['when it has just become a standby', (data: string) => `[ -f '${data}/standby.signal' ]`],
])('interrupted %s, the next run makes the standby of it', async (_, condition) => {
  const wish = { source: 'db1', ...follow(db1), replace: true, resume: 'continue' }
  const other = await fleet.another('db2')
  const data = db2.host.dataDirectory
  await db2.sh(`rm -rf '${data}'.before-* '${data}/standby.signal'`)
  const watching = db2.sh(`n=0; until ${condition(data)}; do n=$((n+1)); [ $n -lt 3000 ] || exit 1; sleep 0.01; done`)
  const running = db2.restore({ ...wish, again: true }, { session: other.session }).then(
    () => 'finished',
    () => 'lost',
  )
  await watching
  other.cut()
  expect(await running).toBe('lost')
  await db2.restore(wish)
  const count = Number(await db1.sql('INSERT INTO t SELECT max(i) + 1 FROM t', 'SELECT max(i) FROM t'))
  await eventually(() => db2.sql('SELECT max(i) FROM t')).toBe(String(count))
  expect((await db2.restore(wish)).changes).toEqual([])
  expect(await db2.sh(`ls -d '${data}'.* | grep -vc before- || :`)).toBe('0')
})

test('a primary that is behind the archive is not the one that wrote it', async () => {
  await db1.sh(`mv '${archive('kept')}'/* '${archive('')}'; rmdir '${archive('kept')}'`)
  // The standby hears and reads nothing more, and stays where it is.
  await db2.sql("ALTER SYSTEM SET primary_conninfo = ''", "ALTER SYSTEM SET restore_command = 'false'")
  await db2.sql('SELECT pg_reload_conf()')
  await eventually(() => db2.sql('SELECT count(*) FROM pg_stat_wal_receiver')).toBe('0')
  await insert(db1, 9)
  await switchWal(db1)
  await expect(
    db2.predict({ cluster: `${db2.host.home}/another`, source: 'db1', ...follow(db2) }),
  ).rejects.toMatchObject({
    code: 'restore/foreign-primary',
    message: expect.stringMatching(/on timeline 3, behind the archive, which has a record at 0\/[0-9A-F]+$/),
  })
})

test('after one that was stopped when it was proven, another restore keeps the clusters of both', async () => {
  const kept = () => db2.sh(`ls '${db2.host.dataDirectory}'.before-*/lifeboat_set_aside.json | wc -l`)
  const before = Number(await kept())
  await db1.sql("SELECT pg_create_physical_replication_slot('full_' || i) FROM generate_series(1, 10) AS i")
  const wish = {
    source: 'db1',
    ...follow(db1),
    primary_slot: 'one_more',
    create_slot: true,
    again: true,
    replace: true,
  }
  await expect(db2.restore(wish)).rejects.toMatchObject({ code: 'restore/primary-unreachable' })
  await db2.restore({ source: 'db1', target: 'immediate', replace: true })
  expect(await rows(db2)).toBe('1')
  expect(Number(await kept())).toBe(before + 2)
})
