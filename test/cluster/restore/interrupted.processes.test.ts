import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RestoreFleet, type RestoreHost, startRestoreFleet } from './restore-fleet.ts'

let fleet: RestoreFleet
let db: RestoreHost

const rows = () => db.sql("SELECT string_agg(i::text, ' ' ORDER BY i) FROM t")
const data = () => db.host.dataDirectory
const beside = async () => (await db.sh(`cd '${data()}/..'; ls -d data* | tr '\n' ' '`)).trim()

beforeAll(async () => {
  fleet = await startRestoreFleet([true])
  db = fleet.host('db1')
  await db.sql('CREATE TABLE t (i int)', 'INSERT INTO t VALUES (1)')
  await db.archive()
  await db.backup()
  await db.sql('INSERT INTO t SELECT 2', "SELECT pg_create_restore_point('here')", 'INSERT INTO t VALUES (3)')
  // Enough WAL that replay takes a moment.
  await db.sql('CREATE TABLE bulk AS SELECT g, repeat(md5(g::text), 20) AS t FROM generate_series(1, 60000) g')
  await db.switchWal()
})
afterAll(() => fleet?.close())

/** Ends the controller's connection, as kill -9 of it would, when a condition on the host holds. */
const interruptWhen = async (condition: string, wish: Record<string, string | boolean>): Promise<void> => {
  const other = await fleet.another('db1')
  const watching = db.sh(`n=0; until ${condition}; do n=$((n+1)); [ $n -lt 3000 ] || exit 1; sleep 0.01; done`)
  const running = db.restore(wish, { session: other.session }).then(
    () => 'finished',
    () => 'lost',
  )
  await watching
  other.cut()
  expect(await running).toBe('lost')
}

test.each([
  ['while it unpacks', (d: string) => `[ -d '${d}'.incomplete-*/base ]`],
  ['when the old cluster has just been set aside', (d: string) => `[ -d '${d}'.before-*/base ]`],
  [
    'while it recovers',
    (d: string) => `[ -d '${d}'.before-*/base ] && grep -q restored '${d}/lifeboat_restore.log' 2>/dev/null`,
  ],
])('interrupted %s, the next run finds the remains, cleans and succeeds', async (_, condition) => {
  const count = await db.sql('SELECT count(*) FROM t')
  await interruptWhen(condition(data()), { target_name: 'here', target_timeline: '1', replace: true })
  const { fields } = await db.restore({ target_name: 'here', target_timeline: '1', replace: true })
  expect(await rows()).toBe('1 2')
  expect(count).not.toBe('')
  // The one that was set aside first is whole; nothing else is left.
  expect(await beside()).toBe(`data ${String(fields.set_aside).split('/').at(-1)}`)
  expect(await db.sh(`pg_controldata '${fields.set_aside}' | grep -c 'shut down$'`)).toBe('1')
  await db.sh(`rm -rf '${fields.set_aside}'`)
  // Another state to be restored from, so that the next restore is not already done.
  await db.restore({ target: 'immediate', target_timeline: 'current', replace: true })
  await db.sh(`rm -rf '${data()}'.before-*`)
})
