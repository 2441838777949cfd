import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RestoreFleet, type RestoreHost, startRestoreFleet } from './restore-fleet.ts'

let fleet: RestoreFleet
let db: RestoreHost

const rows = () => db.sql("SELECT string_agg(i::text, ' ' ORDER BY i) FROM t")
const insert = (value: number) => db.sql(`INSERT INTO t VALUES (${value})`)
const data = () => db.host.dataDirectory

beforeAll(async () => {
  fleet = await startRestoreFleet([true])
  db = fleet.host('db1')
  await db.sql('CREATE TABLE t (i int)')
  await insert(1)
  await db.archive()
  await db.backup('first')
  await insert(2)
  await db.switchWal()
})
afterAll(() => fleet?.close())

test('R17, R19: what a crashed cluster had not archived yet is saved and replayed', async () => {
  await insert(3)
  await db.host.postgres.kill()
  await db.sh(`rm -rf '${data()}/base/5' '${data()}/global/pg_filenode.map'`)
  const { fields, warnings } = await db.restore({ replace: true })
  expect(await rows()).toBe('1 2 3')
  expect(fields).toMatchObject({ new_timeline: 2, needs_backup: true })
  expect(warnings.join()).toContain('timeline 2 begins here: take a base backup now')
  expect(await db.sh(`ls -d '${fields.set_aside}/pg_wal'`)).toBeTruthy()
})

test('a restored cluster goes on archiving into its own repository, its history first', async () => {
  await insert(4)
  const segment = await db.switchWal()
  expect(segment.slice(0, 8)).toBe('00000002')
  expect(await db.sh(`ls '${fleet.repository}/db1/wal/'`)).toContain('00000002.history')
  expect((await db.restore({ replace: true })).changes).toEqual([])
})

test('R16: where the archive holds two futures a person must choose', async () => {
  await db.restore({ target_xid: await xidOf(4), target_inclusive: false, replace: true })
  expect(await rows()).toBe('1 2 3')
  await insert(5)
  await db.switchWal()
  const error = await db.refusal({ backup: 'first', replace: true })
  expect(error.code).toBe('restore/timeline-choice')
  expect(error.message).toBe('the archive holds 2 futures: timelines 2 and 3')
  expect(error.hints.join('\n')).toMatch(/timeline 3 was forked from 2 at 0\/[0-9A-F]+: before transaction \d+/)
  await db.restore({ backup: 'first', target_timeline: '2', replace: true })
  expect(await rows()).toBe('1 2 3 4')
  await db.restore({ backup: 'first', target_timeline: '3', replace: true })
  expect(await rows()).toBe('1 2 3 5')
})

test('R16: a timeline that is not there, and one that the backup does not lead to, are refused', async () => {
  expect((await db.refusal({ target_timeline: '77', replace: true })).code).toBe('restore/no-such-timeline')
  await db.backup('late')
  const error = await db.refusal({ backup: 'late', target_timeline: '2', replace: true })
  expect(error.code).toBe('restore/timeline-unreachable')
})

test('R16: a target before the fork needs no choice', async () => {
  const { fields } = await db.restore({ backup: 'first', target_xid: await xidOf(2), replace: true })
  expect(await rows()).toBe('1 2')
  expect(fields.reached).toMatchObject({ timeline: 1 })
})

test('R16: before the switch in a segment that only the next timeline has', async () => {
  await db.sql('CREATE TABLE u (i int)', 'INSERT INTO u VALUES (1)')
  const xid = await db.sql('BEGIN', 'INSERT INTO u VALUES (2)', 'SELECT pg_current_xact_id()', 'COMMIT')
  await db.sql('INSERT INTO u VALUES (3)')
  const timeline = Number.parseInt(await db.sql('SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)'), 16)
  await db.host.postgres.kill()
  await db.restore({ backup: 'first', target_timeline: String(timeline), replace: true })
  const { fields } = await db.restore({
    backup: 'first',
    target_timeline: String(timeline + 1),
    target_xid: xid,
    replace: true,
  })
  expect(await db.sql("SELECT string_agg(i::text, ' ' ORDER BY i) FROM u")).toBe('1 2')
  expect(fields.reached).toMatchObject({ timeline })
})

test('a cluster that is gone entirely comes back from its repository', async () => {
  await db.sh(`pg_ctl -D '${data()}' -m immediate -w stop >/dev/null; rm -rf '${data()}' '${data()}'.*`)
  await db.restore({ backup: 'first', target: 'immediate' })
  expect(await rows()).toBe('1')
  expect(await db.sql('SHOW archive_mode')).toBe('on')
})

test('R24: pg_wal on another disk is a link again, and the old WAL is kept beside it', async () => {
  const disk = `${db.host.home}/waldisk`
  await db.sh(
    `pg_ctl -D '${data()}' -m fast -w stop >/dev/null; mkdir -p '${disk}'; mv '${data()}/pg_wal' '${disk}/wal'; ln -s '${disk}/wal' '${data()}/pg_wal'`,
  )
  await db.host.postgres.start()
  const { fields } = await db.restore({
    backup: 'first',
    target: 'immediate',
    target_timeline: 'current',
    replace: true,
  })
  expect(await db.sh(`readlink '${data()}/pg_wal'`)).toBe(`${disk}/wal`)
  expect(await db.sh(`readlink '${fields.set_aside}/pg_wal'`)).toMatch(/\/waldisk\/wal\.before-/)
  expect(await db.sh(`ls -L '${fields.set_aside}/pg_wal' | grep -c '^0000'`)).not.toBe('0')
  expect(await rows()).toBe('1')
})

test('where space is short only the WAL is kept, when that was said', async () => {
  const { fields } = await db.restore({
    backup: 'first',
    target_xid: await xidOf(2),
    target_timeline: 'current',
    set_aside: 'wal',
    replace: true,
  })
  expect(await rows()).toBe('1 2')
  expect(await db.sh(`ls '${fields.set_aside}'`)).toContain('pg_wal')
  expect(await db.sh(`ls '${fields.set_aside}'`)).not.toContain('base')
})

/** The transaction that inserted a value, looked up in the archive by pg_waldump. */
const xids = new Map<number, string>()
const xidOf = async (value: number): Promise<string> => {
  const known = xids.get(value)
  if (known) return known
  for (const line of (await db.sql('SELECT i, xmin FROM t')).split('\n')) {
    const [i = '', xmin = ''] = line.split('|')
    if (!xids.has(Number(i))) xids.set(Number(i), xmin)
  }
  return xids.get(value) ?? ''
}
