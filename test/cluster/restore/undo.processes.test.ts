import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LifeboatError } from '../../../src/base/errors.ts'
import postgresql_restore_undo from '../../../src/modules/postgresql/postgresql_restore_undo.ts'
import { converge, predict } from '../../modules/harness.ts'
import { type RestoreFleet, type RestoreHost, startRestoreFleet } from './restore-fleet.ts'

let fleet: RestoreFleet
let db: RestoreHost
let runs = 0
let kept = ''

const data = () => db.host.dataDirectory
const rows = () => db.sql("SELECT string_agg(i::text, ' ' ORDER BY i) FROM t")
const beside = () => db.sh(`cd '${data()}/..' && ls -d data* | tr '\\n' ' '`)
const options = () => ({ session: db.session, runId: `20260102T000000Z-${runs++}`, name: 'postgresql_restore_undo' })

// Names end in the run's id, so each run that a promise compares has the same.
const undo = async (wish = {}) => {
  const shared = options()
  return converge(postgresql_restore_undo, { cluster: data(), ...wish }, shared)
}
const refused = (wish = {}): Promise<LifeboatError> =>
  predict(postgresql_restore_undo, { cluster: data(), ...wish }, options()).then(
    () => {
      throw new Error('it was not refused')
    },
    (error: LifeboatError) => error,
  )

beforeAll(async () => {
  fleet = await startRestoreFleet([true])
  db = fleet.host('db1')
  await db.sh(`mkdir -m 700 '${db.host.home}/side' '${db.host.home}/wal'`)
  await db.sh(
    `pg_ctl -D '${data()}' -w stop >/dev/null; mv '${data()}/pg_wal' '${db.host.home}/wal/main'; ln -s '${db.host.home}/wal/main' '${data()}/pg_wal'`,
  )
  await db.host.postgres.start()
  await db.sql(`CREATE TABLESPACE side LOCATION '${db.host.home}/side'`)
  await db.sql('CREATE TABLE t (i int) TABLESPACE side', 'INSERT INTO t VALUES (1)')
  await db.archive()
  await db.backup()
  await db.sql('INSERT INTO t VALUES (2)', "SELECT pg_create_restore_point('two')", 'INSERT INTO t VALUES (3)')
  await db.switchWal()
})
afterAll(() => fleet?.close())

const immediate = { target: 'immediate', target_timeline: 'current', replace: true }
const wish = { target_name: 'two', target_timeline: '1', replace: true }

test('a cluster that was never restored has nothing to undo, and nothing to release', async () => {
  expect((await undo()).changes).toEqual([])
  expect((await undo({ state: 'released' })).changes).toEqual([])
})

test('the replaced cluster comes back with its tablespace and its WAL, and the restored one is set aside', async () => {
  const { fields } = await db.restore(wish)
  expect(await rows()).toBe('1 2')
  await db.sql('INSERT INTO t VALUES (22)')
  const { changes, warnings } = await undo()
  expect(changes.map(({ subject }) => subject)).toEqual([data(), 'restored cluster', 'server'])
  expect(changes[0]?.after).toBe(`the old cluster, from ${fields.set_aside}`)
  expect(await rows()).toBe('1 2 3')
  expect(warnings.join()).toMatch(/timeline 2 of the undone restore stays in the archive/)
  expect(await beside()).toMatch(/^data data\.before-\S+-undo$/)
  expect(await db.sh(`readlink '${data()}/pg_wal'; ls '${db.host.home}/side' | wc -l`)).toBe(
    `${db.host.home}/wal/main\n2`,
  )
  await db.sql('INSERT INTO t VALUES (4)')
  expect((await db.switchWal()).slice(0, 8)).toBe('00000001')
})

test('what was set aside is removed by one word alone, and whole', async () => {
  const error = await refused({ state: 'released' })
  expect(error.code).toBe('restore/not-confirmed')
  expect(error.hints).toEqual([expect.stringMatching(/^would be removed: .*\/data\.before-\S+-undo, \d/)])
  expect(await beside()).not.toBe('data')
  const { changes } = await undo({ state: 'released', confirm: true })
  expect(changes).toEqual([
    { subject: expect.stringContaining('.before-'), before: expect.stringMatching(/^a cluster of/), after: null },
  ])
  expect(await beside()).toBe('data')
  expect(await db.sh(`ls '${db.host.home}/side' | wc -l; ls '${db.host.home}/wal'`)).toBe('1\nmain')
  expect(await rows()).toBe('1 2 3 4')
})

test('a released cluster cannot be put back', async () => {
  await db.restore(wish)
  await undo({ state: 'released', confirm: true })
  const error = await refused()
  expect(error.code).toBe('restore/nothing-to-put-back')
  expect(error.message).toMatch(/is gone or says nothing of itself$/)
  expect(await rows()).toBe('1 2')
})

test('undone it can be restored again, undone again, and only what says what it is goes', async () => {
  await db.sql('INSERT INTO t VALUES (5)')
  for (const _ of [1, 2]) {
    await db.restore(immediate)
    expect(await rows()).toBe('1')
    await undo()
    expect(await rows()).toBe('1 2 5')
  }
  await db.sh(`mkdir '${data()}.before-somebody'; echo precious > '${data()}.before-somebody/file'`)
  expect((await undo({ state: 'released', confirm: true })).changes).toHaveLength(2)
  expect(await beside()).toBe('data data.before-somebody')
})

test('a server in a cluster that is set aside keeps it', async () => {
  kept = String((await db.restore(immediate)).fields.set_aside)
  await db.sh(`pg_ctl -D '${kept}' -w -o '-p 1 -c archive_mode=off -c listen_addresses=' -l /dev/null start >/dev/null`)
  try {
    const error = await refused({ state: 'released', confirm: true })
    expect(error.code).toBe('restore/not-releasable')
    expect(error.message).toMatch(/^a server works in .*, pid \d+$/)
  } finally {
    await db.sh(`pg_ctl -D '${kept}' -w -m fast stop >/dev/null`)
  }
})

test('interrupted between two renames it goes on, and a restore waits for it', async () => {
  const journal = JSON.parse(await db.sh(`cat '${kept}/lifeboat_set_aside.json'`))
  expect(journal.set_aside).toHaveLength(3)
  // The folder of the WAL cannot be renamed: the exchange stops half way, behind the tablespace.
  await db.sh(`chmod 500 '${db.host.home}/wal'`)
  await expect(undo()).rejects.toMatchObject({ code: 'restore/step-failed' })
  expect(await db.sh(`ls '${db.host.home}/side' | grep -c 'PG_15_[0-9]*$' || true`)).toBe('0')
  await db.sh(`chmod 700 '${db.host.home}/wal'`)
  const error = await db.restore(wish).catch((thrown: LifeboatError) => thrown)
  expect((error as LifeboatError).code).toBe('restore/undo-unfinished')
  await undo()
  expect(await rows()).toBe('1 2 5')
})
