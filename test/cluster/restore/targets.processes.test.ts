import { afterAll, beforeAll, expect, test } from 'vitest'
import { NOW, type RestoreFleet, type RestoreHost, startRestoreFleet } from './restore-fleet.ts'

let fleet: RestoreFleet
let source: RestoreHost
let spare: RestoreHost
const at: Record<string, string> = {}

beforeAll(async () => {
  fleet = await startRestoreFleet([true, false])
  source = fleet.host('db1')
  spare = fleet.host('db2')
  // Its transactions would be news in the archive of an idle server.
  await source.sql('ALTER SYSTEM SET autovacuum = off', 'SELECT pg_reload_conf()')
  await source.sql('CREATE TABLE t (i int)', 'INSERT INTO t VALUES (1)')
  await source.archive()
  at.backup = await source.backup()
  await source.sql('INSERT INTO t VALUES (2)')
  at.time = await source.sql('SELECT pg_sleep(0.01)', NOW)
  at.time = at.time.split('\n').at(-1) ?? ''
  at.xid = await source.sql('BEGIN', 'INSERT INTO t VALUES (3)', 'SELECT pg_current_xact_id()', 'COMMIT')
  await source.sql("SELECT pg_create_restore_point('after three')")
  at.lsn = await source.sql('SELECT pg_current_wal_insert_lsn()')
  await source.sql('INSERT INTO t VALUES (4)')
  await source.switchWal()
  await source.sql('INSERT INTO t VALUES (5)')
  await source.switchWal()
})
afterAll(() => fleet?.close())

const rows = (host: RestoreHost) => host.sql("SELECT string_agg(i::text, ' ' ORDER BY i) FROM t")

const kept = (host: RestoreHost) => host.sh(`ls -d '${host.host.dataDirectory}'.* 2>/dev/null || true`)

test('an empty place on another host gets the latest state, and a second run finds nothing to do', async () => {
  const wish = { source: 'db1' }
  const predicted = await spare.predict(wish)
  const { changes, fields, warnings } = await spare.restore(wish)
  expect(predicted).toEqual(changes)
  expect(changes.map(({ subject }) => subject)).toEqual([
    spare.host.dataDirectory,
    'backup',
    'target',
    'timeline',
    'WAL to replay',
  ])
  expect(await rows(spare)).toBe('1 2 3 4 5')
  expect(fields).toMatchObject({ backup: at.backup, new_timeline: 2, set_aside: null, wal_segments: 3 })
  expect(warnings).toEqual(['this copy archives nowhere until archive.yml is run for it'])
  expect(await kept(spare)).toBe('')
  expect((await spare.restore(wish)).changes).toEqual([])
  expect(await spare.predict(wish)).toEqual([])
})

test('R11, R35: a promoted cluster is writable, open, and keeps nothing of its recovery', async () => {
  expect(await spare.sql('INSERT INTO t VALUES (99)', 'SELECT pg_is_in_recovery()')).toBe('f')
  expect(
    await spare.sql(
      "SELECT name FROM pg_settings WHERE name ~ '^(recovery_target|restore_command|primary_conninfo)' AND source NOT IN ('default')",
    ),
  ).toBe('')
  expect(
    await spare.sh(`cd '${spare.host.dataDirectory}'; ls recovery.signal lifeboat_hba.conf 2>/dev/null || true`),
  ).toBe('')
  expect(await spare.sql('SHOW hba_file')).toBe(`${spare.host.dataDirectory}/pg_hba.conf`)
})

test('D1: restored on another host it archives nothing', async () => {
  const before = await source.sh(`cd '${fleet.repository}/db1'; find . -type f | sort | xargs sha256sum | sha256sum`)
  expect(await spare.sql('SHOW archive_mode')).toBe('off')
  await spare.sql('CREATE TABLE drill AS SELECT 1 AS i', 'SELECT pg_switch_wal()')
  await spare.sh('sleep 0.5')
  expect(await source.sh(`cd '${fleet.repository}/db1'; find . -type f | sort | xargs sha256sum | sha256sum`)).toBe(
    before,
  )
})

test('R20: a running cluster is refused, and with replace it is set aside whole', async () => {
  const error = await spare.refusal({ source: 'db1', target_time: at.time ?? '' })
  expect(error.code).toBe('restore/cluster-running')
  expect(error.message).toMatch(/^PostgreSQL is running in .*\/db2\/data, pid \d+$/)
  const { changes, fields } = await spare.restore({ source: 'db1', target_time: at.time ?? '', replace: true })
  expect(changes.map(({ subject }) => subject)).toContain('old cluster')
  expect(await rows(spare)).toBe('1 2')
  expect(await kept(spare)).toBe(fields.set_aside)
  expect(await spare.sh(`pg_controldata '${fields.set_aside}' | grep 'cluster state'`)).toContain('shut down')
  expect((fields.reached as { time: string }).time <= (at.time ?? '')).toBe(true)
  expect((await spare.restore({ source: 'db1', target_time: at.time ?? '', replace: true })).changes).toEqual([])
})

test('a moment in another zone is the same moment', async () => {
  const shanghai = await source.sql(
    `SELECT to_char(timestamptz '${at.time}' AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS.US') || ' Asia/Shanghai'`,
  )
  await spare.restore({ source: 'db1', target_time: shanghai, replace: true })
  expect(await rows(spare)).toBe('1 2')
})

test('to a transaction, with it and without it', async () => {
  const { fields } = await spare.restore({ source: 'db1', target_xid: at.xid ?? '', replace: true })
  expect(await rows(spare)).toBe('1 2 3')
  expect(fields.reached).toMatchObject({ xid: Number(at.xid) })
  await spare.restore({ source: 'db1', target_xid: at.xid ?? '', target_inclusive: false, replace: true })
  expect(await rows(spare)).toBe('1 2')
})

test('to a restore point', async () => {
  await spare.restore({ source: 'db1', target_name: 'after three', replace: true })
  expect(await rows(spare)).toBe('1 2 3')
})

test('to a position', async () => {
  await spare.restore({ source: 'db1', target_lsn: at.lsn ?? '', replace: true })
  expect(await rows(spare)).toBe('1 2 3')
})

test('immediate: as the backup was', async () => {
  await spare.restore({ source: 'db1', target: 'immediate', replace: true })
  expect(await rows(spare)).toBe('1')
})

test('R11: paused it can be looked at by its owner alone, and promoted or ended later', async () => {
  const wish = { source: 'db1', target_name: 'after three', replace: true }
  await spare.restore({ ...wish, target_action: 'pause' })
  expect(await spare.sql('SELECT pg_is_in_recovery()', 'SHOW listen_addresses')).toBe('t')
  expect(await rows(spare)).toBe('1 2 3')
  expect(await spare.sql('SHOW hba_file')).toContain('lifeboat_hba.conf')
  expect((await spare.restore({ ...wish, target_action: 'pause' })).changes).toEqual([])
  const down = await spare.restore({ ...wish, target_action: 'shutdown' })
  expect(down.changes).toEqual([
    { subject: 'recovery', before: expect.stringMatching(/^paused at 0\//), after: 'shut down' },
  ])
  // A start by hand must not go on past the target, nor end recovery in silence.
  const start = await spare.host.exec(`pg_ctl -D '${spare.host.dataDirectory}' -w -t 10 -l /dev/null start`)
  expect(start.status).not.toBe(0)
  const promoted = await spare.restore({ ...wish, target_action: 'promote' })
  expect(promoted.changes.map(({ subject }) => subject)).toEqual(['recovery', 'access'])
  expect(await spare.sql('SELECT pg_is_in_recovery()')).toBe('f')
  expect(await rows(spare)).toBe('1 2 3')
  expect((await spare.restore(wish)).changes).toEqual([])
})

test('R30: until it is released only the owner comes in', async () => {
  const wish = { source: 'db1', target_lsn: at.lsn ?? '', replace: true }
  await spare.restore({ ...wish, release: false })
  expect(await spare.sql('SELECT pg_is_in_recovery()', 'SHOW listen_addresses')).toBe('f')
  const tcp = await spare.host.exec('psql -h 127.0.0.1 -c "select 1"')
  expect(tcp.stderr).toContain('Connection refused')
  const other = await spare.host.exec('psql -U somebody -c "select 1"')
  expect(other.stderr).toContain('no pg_hba.conf entry')
  const { changes } = await spare.restore(wish)
  expect(changes.map(({ subject }) => subject)).toEqual(['access'])
  expect(await spare.sql('SHOW listen_addresses')).toBe('127.0.0.1')
  expect((await spare.restore(wish)).changes).toEqual([])
})

test('what grew in the archive since is restored when the latest state is asked for again, with replace', async () => {
  const wish = { source: 'db1', replace: true }
  await spare.restore(wish)
  expect((await spare.restore(wish)).changes).toEqual([])
  // An idle server archives WAL too, but no transactions.
  await source.sql('CHECKPOINT')
  await source.switchWal()
  expect((await spare.restore(wish)).changes).toEqual([])
  await source.sql('INSERT INTO t VALUES (6)')
  await source.switchWal()
  expect((await spare.restore({ ...wish, replace: false })).changes).toEqual([])
  expect((await spare.restore(wish)).changes.length).toBeGreaterThan(0)
  expect(await rows(spare)).toBe('1 2 3 4 5 6')
  // Behind the newest backup there may be no transaction at all, twice.
  for (const all of ['1 2 3 4 5 6 7', '1 2 3 4 5 6 7 8']) {
    await source.sql(`INSERT INTO t VALUES (${all.at(-1)})`)
    await source.backup()
    await spare.restore(wish)
    expect(await rows(spare)).toBe(all)
  }
  expect((await spare.restore(wish)).changes).toEqual([])
})
