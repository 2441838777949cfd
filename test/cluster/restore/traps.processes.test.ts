import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RestoreFleet, type RestoreHost, startRestoreFleet } from './restore-fleet.ts'

let fleet: RestoreFleet
let source: RestoreHost
let spare: RestoreHost

const rows = (host: RestoreHost) => host.sql("SELECT string_agg(i::text, ' ' ORDER BY i) FROM t")
const data = () => spare.host.dataDirectory

beforeAll(async () => {
  fleet = await startRestoreFleet([true, true])
  source = fleet.host('db1')
  spare = fleet.host('db2')
  await source.sh(`mkdir -p '${source.host.home}/a space' && chmod 700 '${source.host.home}/a space'`)
  await source.sql(`CREATE TABLESPACE side LOCATION '${source.host.home}/a space'`)
  await source.sql(
    'CREATE TABLE t (i int)',
    'INSERT INTO t VALUES (1)',
    'CREATE TABLE s (i int) TABLESPACE side',
    'INSERT INTO s VALUES (7)',
  )
  await source.sql("ALTER SYSTEM SET recovery_target_name = 'left behind'")
  await source.sql("ALTER SYSTEM SET archive_cleanup_command = 'pg_archivecleanup /tmp %r'")
  await source.sql("ALTER SYSTEM SET primary_conninfo = 'host=nowhere'")
  await source.archive()
  await source.backup()
  await source.sql('INSERT INTO t VALUES (2)', "SELECT pg_create_restore_point('two')", 'INSERT INTO t VALUES (3)')
  await source.switchWal()
  await source.sql('INSERT INTO t VALUES (4)')
  await source.switchWal()
})
afterAll(() => fleet?.close())

const mapping = () => ({ tablespace_mapping: { side: `${spare.host.home}/its own` } })
const wish = (more = {}) => ({ source: 'db1', target_name: 'two', replace: true, ...mapping(), ...more })

test('R23: a tablespace whose folder belongs to another cluster is refused', async () => {
  const error = await spare.refusal({ source: 'db1', replace: true })
  expect(error.code).toBe('restore/tablespace-in-use')
  expect(error.message).toBe(`the folder ${source.host.home}/a space of tablespace side is not empty: PG_15_202209061`)
  expect(error.hints[1]).toContain('tablespace_mapping')
})

test('R23: a mapping of a tablespace that the backup has not is refused', async () => {
  const error = await spare.refusal({ ...wish(), tablespace_mapping: { sied: '/tmp/x' } })
  expect(error.code).toBe('restore/bad-tablespace-mapping')
})

test('R23: a tablespace goes to another folder, spaces in the path and all', async () => {
  const { changes } = await spare.restore(wish())
  expect(changes.at(-1)).toEqual({
    subject: 'tablespace side',
    before: `${source.host.home}/a space`,
    after: `${spare.host.home}/its own`,
  })
  expect(await spare.sql('SELECT i FROM s')).toBe('7')
  expect(await rows(spare)).toBe('1 2')
  expect(await spare.sql("SELECT pg_tablespace_location(oid) FROM pg_tablespace WHERE spcname = 'side'")).toBe(
    `${spare.host.home}/its own`,
  )
  expect(await source.sql('SELECT i FROM s')).toBe('7')
})

test('R23: replaced again, the old tablespace is set aside with its cluster', async () => {
  const { fields } = await spare.restore(wish({ target_name: '', target: 'immediate' }))
  const suffix = String(fields.set_aside).slice(data().length)
  expect(await spare.sh(`ls '${spare.host.home}/its own' | sort`)).toBe(`PG_15_202209061\nPG_15_202209061${suffix}`)
  expect(await spare.sql('SELECT i FROM s')).toBe('7')
})

test('R35: what the source had left of its own recoveries does not steer this one, and is gone', async () => {
  const auto = await spare.sh(`cat '${data()}/postgresql.auto.conf'`)
  expect(auto).not.toMatch(/recovery_target|archive_cleanup|primary_conninfo/)
})

test('D1: archive settings that another cluster had by ALTER SYSTEM do not come along', async () => {
  expect(await spare.sql('SHOW archive_mode')).toBe('off')
  expect(await spare.sh(`cat '${data()}/postgresql.auto.conf'`)).not.toMatch(/archive_command/)
  const before = await source.sh(`cd '${fleet.repository}/db1'; find . -type f | sort | xargs sha256sum`)
  await spare.sql('INSERT INTO t VALUES (100)', 'SELECT pg_switch_wal()', 'CHECKPOINT')
  await spare.sh('sleep 0.3')
  expect(await source.sh(`cd '${fleet.repository}/db1'; find . -type f | sort | xargs sha256sum`)).toBe(before)
})

test('R2, R5: an archive that goes away in the middle fails the restore and never ends it early', async () => {
  // The chain is proven while it is whole; then, before recovery asks for it, a segment becomes unreadable.
  const segment = `'${fleet.repository}'/db1/wal/00000001/*.zst`
  const breaking = source.sh(`n=0
until [ -d '${data()}'.incomplete-*/base ]; do n=$((n+1)); [ $n -lt 2000 ] || exit 1; sleep 0.01; done
set -- ${segment}; for last; do :; done; mv "$last" "$last.kept"; mkdir "$last"`)
  const running = spare.restore(wish({ target_name: '', target: 'latest' })).then(
    () => undefined,
    (error: unknown) => error,
  )
  await breaking
  const error = (await running) as { code: string; message: string; hints: string[]; data: { set_aside: string } }
  try {
    expect(error.code).toBe('restore/recovery-failed')
    expect(`${error.message} ${error.hints.join(' ')}`).toContain('lifeboat get: ')
    expect(error.hints.join('\n')).toContain(`the old cluster is whole in ${error.data.set_aside}`)
    expect(await spare.sh(`[ ! -e '${data()}/pg_wal/00000002.history' ] && echo not promoted`)).toBe('not promoted')
  } finally {
    await source.sh(`set -- ${segment}; for last; do :; done; rmdir "$last"; mv "$last.kept" "$last"`)
  }
  const { fields } = await spare.restore(wish({ target_name: '', target: 'latest' }))
  expect(await rows(spare)).toBe('1 2 3 4')
  // The very folder of the failed run: the old cluster was never moved elsewhere.
  expect(fields.set_aside).toBe(error.data.set_aside)
})

test('R15: settings that the source had raised since the backup do not stop the replay', async () => {
  await source.sql("ALTER SYSTEM SET max_connections = '150'", "ALTER SYSTEM SET max_worker_processes = '20'")
  await source.host.postgres.stop()
  await source.host.postgres.start()
  await source.sql('INSERT INTO t VALUES (5)')
  await source.switchWal()
  await spare.restore(wish({ target_name: '', target: 'latest' }))
  expect(await rows(spare)).toBe('1 2 3 4 5')
})
