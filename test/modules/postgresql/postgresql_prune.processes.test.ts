import { afterAll, beforeAll, expect, test } from 'vitest'
import { LifeboatError } from '../../../src/base/errors.ts'
import { layoutOf } from '../../../src/cluster/repository/layout.ts'
import { parseRepository } from '../../../src/cluster/repository/location.ts'
import { readRepository } from '../../../src/cluster/repository/read.ts'
import { withBackupLock } from '../../../src/cluster/retention/lock.ts'
import { holdBackup } from '../../../src/cluster/retention/readers.ts'
import postgresql_catalogue from '../../../src/modules/postgresql/postgresql_catalogue.ts'
import postgresql_prune from '../../../src/modules/postgresql/postgresql_prune.ts'
import { type RestoreFleet, type RestoreHost, startRestoreFleet } from '../../cluster/restore/restore-fleet.ts'
import { converge, predict, run } from '../harness.ts'

let fleet: RestoreFleet
let db1: RestoreHost
let folder: string
const ids: Record<'a' | 'b' | 'c' | 'd', string> = { a: '', b: '', c: '', d: '' }

type Wish = Parameters<typeof converge>[1]

const place = () => ({ repository: fleet.repository, name: 'db1' })
const layout = () => layoutOf(parseRepository(fleet.repository), 'db1')
const prune = (wish: Wish) =>
  converge(postgresql_prune, { ...place(), ...wish }, { name: 'postgresql_prune', session: db1.session })
const wouldPrune = (wish: Wish) =>
  predict(postgresql_prune, { ...place(), ...wish }, { name: 'postgresql_prune', session: db1.session })
const catalogue = async (wish: Wish = {}) => {
  const options = { name: 'postgresql_catalogue', session: db1.session }
  const { fields, msg } = await run(postgresql_catalogue, { ...place(), ...wish }, options)
  return { ...fields, msg } as Record<string, unknown> & {
    backups: { id: string; windows: Record<string, unknown>[]; problems: string[]; reader: string | null }[]
    timelines: Record<string, unknown>[]
    gaps: Record<string, unknown>[]
    msg: string
  }
}

const listing = (): Promise<string> =>
  db1.sh(`cd '${folder}' && find . -type f ! -name '.reading*' -exec stat -c '%n %s' {} + | sort`)
const stored = async (): Promise<string[]> => {
  const { wal } = await readRepository(db1.session, layout())
  return wal.map(({ name }) => name)
}
const record = async (id: string) => {
  const { backups } = await readRepository(db1.session, layout())
  return backups.find((backup) => backup.id === id) ?? expect.fail(`there is no backup ${id}`)
}

/** The error of a run, after checking that it removed nothing. */
const refusal = async (wish: Wish): Promise<LifeboatError> => {
  const before = await listing()
  const error = await prune(wish).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(await listing(), 'a refusal removes nothing').toBe(before)
  if (error instanceof LifeboatError) return error
  throw error ?? new Error('it was not refused')
}

const write = async (from: number, to: number): Promise<void> => {
  await db1.sql(`INSERT INTO numbers SELECT generate_series(${from}, ${to})`)
  await db1.switchWal()
}

beforeAll(async () => {
  fleet = await startRestoreFleet([true, false])
  db1 = fleet.host('db1')
  folder = `${fleet.repository}/db1`
  await db1.archive()
  await db1.sql('CREATE TABLE numbers (n int)')
  await write(1, 100)
  ids.a = await db1.backup('a')
  await write(101, 200)
  await write(201, 300)
  ids.b = await db1.backup('b')
  await write(301, 400)
})
afterAll(() => fleet?.close())

test('R33: on one timeline exactly the segments go that pg_archivecleanup would remove', async () => {
  const changes = await wouldPrune({ keep_count: 1 })
  const { first_segment } = await record(ids.b)
  const said = await db1.sh(
    `bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
     "$bin/pg_archivecleanup" -n -x .zst '${folder}/wal/00000001' ${first_segment}`,
  )
  const theirs = said.split('\n').map((path) => path.slice(path.lastIndexOf('/') + 1).replace('.zst', ''))
  expect(theirs.length).toBeGreaterThan(3)
  const { first_segment: start } = await record(ids.a)
  expect(changes).toEqual([
    {
      subject: `backup ${ids.a}`,
      before: expect.stringMatching(/^full, ended 20\d\d-\S+Z, timeline 1, [\d.]+ MB$/),
      after: null,
    },
    {
      subject: 'WAL of timeline 1',
      before: [
        expect.stringMatching(`^${theirs.sort()[0]} to ${theirs.at(-1)}, ${theirs.length} segments, [0-9.]+ [kM]B$`),
        expect.stringMatching(`^${start}.[0-9A-F]{8}.backup, \\d+ B$`),
      ],
      after: null,
    },
  ])
})

test('B14: the catalogue tells to which moments each backup can be restored', async () => {
  const { backups, timelines, gaps, msg, sizes } = await catalogue()
  expect(backups.map(({ id }) => id)).toEqual([ids.a, ids.b])
  const newest = (await stored()).filter((name) => /^[0-9A-F]{24}$/.test(name)).at(-1)
  for (const { id, windows, problems } of backups) {
    const { stop_lsn, stop_time } = await record(id)
    expect(problems).toEqual([])
    expect(windows).toEqual([
      {
        timeline: 1,
        from_lsn: stop_lsn,
        from_time: stop_time,
        to_lsn: expect.stringMatching(/^0\/\w+00000$/),
        to_segment: newest,
        to_time: expect.stringMatching(/^20\d\d-.*Z$/),
        proven: false,
        ends: 'archive',
        problem: null,
      },
    ])
  }
  expect(timelines).toMatchObject([{ timeline: 1, parent: null, future: true, backups: 2, last_segment: newest }])
  expect(gaps).toEqual([])
  expect(sizes).toMatchObject({ wal: expect.any(Number) })
  expect(msg.split('\n')[0]).toMatch(/^db1 in .*\/repository\/db1: PostgreSQL \d+, system identifier \d+$/)
  expect(msg).toContain(ids.a)
})

test('the catalogue with a proof ends with the last commit that was read', async () => {
  const before = Date.now()
  const { backups } = await catalogue({ prove: true })
  const [window] = backups[0]?.windows ?? []
  expect(window).toMatchObject({ proven: true, ends: 'archive', problem: null })
  const commit = Date.parse(String(window?.to_time))
  expect(before - commit).toBeLessThan(60_000)
  expect(commit).toBeLessThan(before)
})

test('R16, A5: after a restore in place the archive holds two futures, and each keeps its own', async () => {
  await db1.sql("SELECT pg_create_restore_point('fork')")
  await write(401, 500)
  await db1.restore({ target_name: 'fork', replace: true })
  expect(await db1.sql('SELECT count(*) FROM numbers')).toBe('400')
  await write(1001, 1100)
  ids.c = await db1.backup('c')
  await write(1101, 1200)
  ids.d = await db1.backup('d')
  await write(1201, 1300)
  const { timelines, backups, msg } = await catalogue()
  expect(timelines).toMatchObject([
    { timeline: 1, parent: null, future: true, children: [2] },
    { timeline: 2, parent: 1, future: true, reason: expect.stringContaining('fork') },
  ])
  expect(backups.map(({ id, windows }) => [id, windows.map(({ timeline }) => timeline)])).toEqual([
    [ids.a, [1, 2]],
    [ids.b, [1, 2]],
    [ids.c, [2]],
    [ids.d, [2]],
  ])
  expect(msg).toMatch(/^└─ 2 .*forked at 0\/\w+: at restore point "fork"/m)
  const changes = await wouldPrune({ keep_count: 1 })
  expect(changes.filter(({ subject }) => subject.startsWith('backup')).map(({ subject }) => subject)).toEqual([
    `backup ${ids.a}`,
    `backup ${ids.c}`,
  ])
})

test('a backup that somebody reads stays with its WAL, and goes when it was released', async () => {
  const hold = await holdBackup(db1.session, layout(), [ids.a], 'run-of-a-restore')
  try {
    expect((await catalogue()).backups[0]?.reader).toMatch(/ run-of-a-restore$/)
    const changes = await wouldPrune({ keep_count: 1 })
    expect(changes.map(({ subject }) => subject)).toEqual([`backup ${ids.c}`, 'WAL of timeline 1'])
  } finally {
    await hold?.release()
  }
  expect((await catalogue()).backups[0]?.reader).toBeNull()
  expect((await wouldPrune({ keep_count: 1 })).map(({ subject }) => subject)).toContain(`backup ${ids.a}`)
})

test('while a backup is being taken nothing goes', async () => {
  const signal = new AbortController().signal
  const error = await withBackupLock(db1.session, layout(), 'another-run', signal, () => refusal({ keep_count: 1 }))
  expect([error.code, error.message]).toEqual([
    'backup/running',
    'a backup of db1 is being taken already, by run another-run',
  ])
})

test('nothing goes while the newest backup that stays is damaged, or WAL behind it is missing', async () => {
  const file = `${folder}/backup/${ids.d}/base.tar.zst`
  await db1.sh(
    `cp -p '${file}' '${folder}/../kept' && printf x | dd of='${file}' bs=1 seek=5000 conv=notrunc status=none`,
  )
  const damaged = await refusal({ keep_count: 1 })
  expect(damaged.code).toBe('retention/not-proven')
  expect(damaged.message).toContain(`${ids.d}: base.tar.zst is damaged`)
  await db1.sh(`mv '${folder}/../kept' '${file}'`)
  const { last_segment } = await record(ids.d)
  await db1.sh(`cd '${folder}/wal/00000002' && mv ${last_segment}.zst ../../../segment`)
  const missing = await refusal({ keep_count: 1, prove: 'presence' })
  expect(missing.message).toBe(
    `nothing was removed, for the newest backup is not proven: WAL behind ${ids.d} is missing: ${last_segment}`,
  )
  const { gaps, backups } = await catalogue()
  expect(gaps).toMatchObject([{ first_segment: last_segment, segments: 1, timelines: [2], next_backup: null }])
  expect(backups.at(-1)).toMatchObject({
    windows: [],
    problems: [`cannot become consistent along timeline 2: WAL is missing: ${last_segment}`],
  })
  await db1.sh(`mv '${folder}/../segment' '${folder}/wal/00000002/${last_segment}.zst'`)
})

test('R16: nothing goes when the history file of a timeline is lost', async () => {
  await db1.sh(`cd '${folder}' && mv wal/00000002.history ../ && for id in ${ids.c} ${ids.d}; do
    cp backup/$id/backup.json ../$id.json && sed -i 's/"timeline_history": .*/"timeline_history": null/' backup/$id/backup.json; done`)
  const error = await refusal({ keep_count: 1 })
  expect([error.code, error.message]).toEqual([
    'retention/history-lost',
    'the archive holds WAL of timeline 2 and no history file',
  ])
  await db1.sh(`cd '${folder}' && mv ../00000002.history wal/ && for id in ${ids.c} ${ids.d}; do
    mv ../$id.json backup/$id/backup.json; done`)
})

test('B14: what the rules do not want goes, what an interrupted removal left too, and every kept backup can be restored', async () => {
  await db1.sh(`mkdir '${folder}/backup/20200101T000000Z-full.removed.incomplete'`)
  const before = await stored()
  const b = await record(ids.b)
  const { fields, changes } = await prune({ keep_count: 1 })
  expect(changes.map(({ subject }) => subject)).toEqual([
    'backup 20200101T000000Z-full.removed.incomplete',
    `backup ${ids.a}`,
    `backup ${ids.c}`,
    'WAL of timeline 1',
  ])
  expect(fields).toMatchObject({
    kept: [
      { id: ids.b, reasons: ['keep_count'] },
      { id: ids.d, reasons: ['keep_count'] },
    ],
    removed_backups: [
      { id: '20200101T000000Z-full.removed.incomplete', why: 'never finished' },
      { id: ids.a, why: 'expired' },
      { id: ids.c, why: 'expired' },
    ],
    spared: [],
    futures: [1, 2],
  })
  // The backup c went, and its WAL stays: the one before it leads to timeline 2 as well, and needs all of it.
  const left = await stored()
  expect(left.filter((name) => name.startsWith('00000002'))).toEqual(
    before.filter((name) => name.startsWith('00000002')),
  )
  expect(left.filter((name) => name.startsWith('00000001') && name.slice(0, 24) < b.first_segment)).toEqual([])
  expect(fields.removed_wal).toEqual(expect.arrayContaining(before.filter((name) => !left.includes(name))))
  expect((await catalogue()).backups.map(({ problems }) => problems)).toEqual([[], []])
  await fleet.host('db2').restore({ source: 'db1', backup: ids.b, target_timeline: '1', replace: true })
  expect(await fleet.host('db2').sql('SELECT count(*), max(n) FROM numbers')).toBe('500|500')
})

test('A5, R16: a person gives up a timeline by naming the one that counts', async () => {
  const names = await stored()
  const partial = names.filter((name) => name.endsWith('.partial'))
  const { fields } = await prune({ keep_count: 1, timeline: 2 })
  expect(fields).toMatchObject({ kept: [{ id: ids.d }], removed_backups: [{ id: ids.b }] })
  const left = await stored()
  const { first_segment } = await record(ids.d)
  const older = (name: string) => /^[0-9A-F]{24}$/.test(name.slice(0, 24)) && name.slice(8, 24) < first_segment.slice(8)
  expect(left.filter(older)).toEqual([])
  expect(left.filter((name) => name.startsWith('00000001') && !name.endsWith('.partial'))).toEqual([])
  expect(left).toContain('00000002.history')
  for (const name of partial) expect(left.includes(name)).toBe(!older(name))
  await fleet.host('db2').restore({ source: 'db1', replace: true })
  expect(await fleet.host('db2').sql('SELECT count(*), max(n) FROM numbers')).toBe('700|1300')
})
