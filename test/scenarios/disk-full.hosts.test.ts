import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TaskError, type TaskRunner, taskRunner } from '../cluster/backup/task-runner.ts'
import { bootHosts, type HostFleet } from '../fleet/hosts/index.ts'
import { contentsOf, differences, quieten, shell } from './support/cluster.ts'

const small = '/mnt/small/lifeboat'
const shared = '/mnt/shared/lifeboat'
const data = '/mnt/small/pg/data'

let fleet: HostFleet
let tasks: TaskRunner
let whole: string

beforeAll(async () => {
  fleet = await bootHosts([
    { name: 'db15', suite: 'bookworm', walSegmentSizeMB: 1, diskLimitMB: 192 },
    { name: 'spare', suite: 'bookworm', postgres: false, diskLimitMB: 192 },
  ])
  tasks = taskRunner(fleet, small)
  await tasks.archive('db15')
  await tasks.sql('db15', 'CREATE TABLE t AS SELECT generate_series(1, 1000) AS i')
  whole = (await tasks.backUp('db15')).id
})
afterAll(async () => {
  tasks?.close()
  await fleet?.close()
})

/** Fills the small disk of a host until so many kilobytes are left. */
const fill = (host: string, left: number): Promise<string> =>
  shell(
    fleet.host(host),
    `free=$(df -Pk /mnt/small | awk 'NR == 2 { print $4 }')
    [ $free -le ${left} ] || head -c $(((free - ${left}) * 1024)) /dev/zero > /mnt/small/ballast || true`,
  )
const release = (host: string): Promise<string> => shell(fleet.host(host), 'rm /mnt/small/ballast')
const freeOn = async (host: string): Promise<number> =>
  Number(await shell(fleet.host(host), `df -Pk /mnt/small | awk 'NR == 2 { print $4 }'`))
const stored = () => contentsOf([fleet.host('db15')], small)

test('A18: in the archive: said at once, nothing cut short, and all of it arrives when there is space', async () => {
  const before = await stored()
  await fill('db15', 0)
  for (let n = 0; n < 3; n += 1) {
    await tasks.sql('db15', 'INSERT INTO t SELECT generate_series(1, 1000)')
    await tasks.sql('db15', 'SELECT pg_switch_wal()')
  }
  const [first = ''] = (await tasks.shell('db15', 'cd ~/15/main/pg_wal/archive_status && ls | grep ready')).split('\n')
  const segment = first.replace('.ready', '')
  await expect
    .poll(() => tasks.sql('db15', 'SELECT failed_count > 0 FROM pg_stat_archiver'), { timeout: 60_000 })
    .toBe('t')
  const log = await tasks.shell('db15', 'cat /var/log/postgresql/postgresql-15-main.log')
  expect(log).toContain(`lifeboat push: pg_wal/${segment} cannot be written to ${small}/db15/wal/.push\n`)
  const limits = { free_min: '1MB', free_warn: '1MB', wal_full_min: 0, wal_full_warn: 0, repository_full_min: 0 }
  const { checks } = (await tasks.attempt('db15', 'postgresql_check', limits)) as {
    checks: { name: string; verdict: string; message: string }[]
  }
  const said = (name: string) => checks.find((check) => check.name === name)?.message
  expect(said('archiver')).toMatch(
    new RegExp(`^the archiver fails: ${segment} was refused .* ago, \\d+ failures? in all$`),
  )
  expect(said('space')).toMatch(/^0 B of [\d.]+ MB free/)
  expect(differences(before, await stored()), 'what was stored is as it was').toEqual([])
  await release('db15')
  await tasks.sql('db15', 'SELECT pg_reload_conf()')
  await expect
    .poll(() => tasks.shell('db15', 'ls ~/15/main/pg_wal/archive_status | grep -c ready || true'), { timeout: 90_000 })
    .toBe('0')
})

test('in a backup: refused before, or given up in the middle with the earlier ones as they were', async () => {
  // It packs worse than the last one, so that nobody could know.
  await tasks.shell('db15', 'head -c 90000000 /dev/urandom > ~/15/main/base/noise')
  await fill('db15', 2000)
  const refused = await tasks.fail('db15', 'postgresql_backup')
  expect(refused.code).toBe('backup/no-space')
  expect(refused.message).toMatch(
    new RegExp(`^${small}/db15/backup has [\\d.]+ MB free and the backup takes about [\\d.]+ MB$`),
  )
  await release('db15')
  await fill('db15', 60_000)
  const before = await stored()
  const folder = `${small}/db15/backup`
  const where = {
    pg_basebackup: `could not write to file "${folder}/\\S+-full\\.incomplete/base\\.tar\\.zst"`,
    parallel: `${folder}/\\.lock/work`,
  }
  for (const [method, words] of Object.entries(where)) {
    const failed = await tasks.fail('db15', 'postgresql_backup', { method })
    expect(failed.code).toBe('backup/failed')
    expect(failed.message).toMatch(new RegExp(`^the backup failed: ${words}: No space left on device$`))
    expect(failed.hints).toEqual(['nothing of it was kept'])
    const changed = differences(before, await stored())
    expect(
      changed.filter((path) => before.has(path) || !path.includes('/wal/')),
      'only WAL has come',
    ).toEqual([])
  }
  await release('db15')
  expect((await tasks.run('db15', 'postgresql_verify')).backup).toBe(whole)
  expect((await tasks.backUp('db15')).id > whole).toBe(true)
})

test('in a restore: refused before, or given up in the middle beside a cluster that runs on with its space', async () => {
  const spare = fleet.host('spare')
  await shell(
    spare,
    `install -d -o postgres -g postgres -m 0700 /mnt/small/pg
    pg_createcluster 15 main -d ${data} -- --wal-segsize=1 && systemctl start postgresql@15-main`,
  )
  await tasks.sql('spare', 'CREATE TABLE mine AS SELECT 1 AS i')
  await shell(fleet.host('db15'), `cp -a ${small} ${shared}`)
  await quieten([spare])
  const wish = { repository: shared, source: 'db15', replace: true }
  const beside = () => contentsOf([spare], '/mnt/small/pg', '/etc/postgresql')
  const before = await beside()
  const refuse = async (): Promise<TaskError> => {
    const error = await tasks.fail('spare', 'postgresql_restore', wish)
    expect(differences(before, await beside())).toEqual([])
    return error
  }
  const [id = ''] = (await shell(spare, `ls ${shared}/db15/backup | tail -n 1`)).split('\n')
  const early = await refuse()
  expect(early.code).toBe('restore/no-space')
  expect(early.message).toMatch(new RegExp(`^[\\d.]+ MB are needed beside ${data}, [\\d.]+ MB are free$`))
  expect(early.hints).toEqual([
    expect.stringMatching(new RegExp(`^the backup ${id} has [\\d.]+ MB$`)),
    'set_aside: wal keeps only pg_wal of the old data directory and frees the rest first',
  ])
  // The record says less than there is: the disk is full only while it is unpacked.
  await shell(spare, `sed -i 's/^  "size": [0-9]*,$/  "size": 20000000,/' ${shared}/db15/backup/${id}/backup.json`)
  await fill('spare', 95_000)
  const free = await freeOn('spare')
  const late = await refuse()
  expect([late.code, late.message]).toEqual([
    'restore/no-space',
    `the disk is full: the backup ${id} cannot be unpacked`,
  ])
  expect(late.hints.join('\n')).toContain('No space left on device')
  expect(Math.abs((await freeOn('spare')) - free), 'what was unpacked is gone').toBeLessThan(2000)
  expect(await tasks.sql('spare', 'SELECT i FROM mine')).toBe('1')
  await release('spare')
  await tasks.run('spare', 'postgresql_restore', { ...wish, set_aside: 'wal' })
  expect(await tasks.sql('spare', 'SELECT count(*) FROM t')).toBe('4000')
})
