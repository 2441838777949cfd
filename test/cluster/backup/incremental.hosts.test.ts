import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BackupRecord } from '../../../src/cluster/repository/backup-record.ts'
import { bootHosts, type HostFleet } from '../../fleet/hosts/index.ts'
import { REPOSITORY, type TaskRunner, taskRunner } from './task-runner.ts'

let fleet: HostFleet
let tasks: TaskRunner

beforeAll(async () => {
  fleet = await bootHosts([
    { name: 'db17', suite: 'trixie', walSegmentSizeMB: 1 },
    { name: 'db18', suite: 'forky', walSegmentSizeMB: 1 },
  ])
  tasks = taskRunner(fleet)
})
afterAll(async () => {
  tasks?.close()
  await fleet?.close()
})

describe.each([
  ['db17', 17],
  ['db18', 18],
] as const)('B13: increments of %s', (host, major) => {
  const backUp = (wish: Record<string, unknown> = {}) => tasks.backUp(host, { compression: 'zstd', ...wish })
  const change = (from: number) =>
    tasks.sql(
      host,
      `INSERT INTO orders SELECT n, repeat('x', 100) FROM generate_series(${from}, ${from + 999}) AS n;
       UPDATE aside SET n = n + 1 WHERE n % 100 = 0; CHECKPOINT`,
    )
  const content = () =>
    tasks.sql(
      host,
      'SELECT count(*), md5(string_agg(o::text, $$,$$ ORDER BY id)) FROM orders AS o; SELECT sum(n) FROM aside',
    )
  let full: BackupRecord
  let first: BackupRecord

  test('without WAL summaries one is refused, and auto takes a full backup', async () => {
    await tasks.archive(host)
    await tasks.shell(host, 'mkdir -m 0700 -p "$HOME/space"')
    await tasks.sql(host, `CREATE TABLESPACE aside LOCATION '/var/lib/postgresql/space'`)
    await tasks.sql(
      host,
      `CREATE TABLE orders AS SELECT n AS id, repeat('x', 100) AS what FROM generate_series(1, 100000) AS n;
       CREATE TABLE aside TABLESPACE aside AS SELECT generate_series(1, 50000) AS n`,
    )
    const refused = await tasks.fail(host, 'postgresql_backup', { type: 'incremental' })
    expect([refused.code, refused.message]).toEqual([
      'backup/not-summarizing',
      'an incremental backup is not possible: summarize_wal is off',
    ])
    expect(await backUp({ type: 'auto' })).toMatchObject({ type: 'full', parent: null })
    await tasks.run(host, 'postgresql_set', { repository: undefined, settings: { summarize_wal: 'on' } })
  })

  test('one after the other, each on the one before', async () => {
    full = await backUp({ method: 'parallel' })
    await change(200_001)
    first = await backUp({ type: 'incremental' })
    expect(first).toMatchObject({ type: 'incr', parent: full.id, wal_segment_size: 1 << 20 })
    expect(first.id).toMatch(/^\d{8}T\d{6}Z-incr$/)
    expect(first.backup_label).toContain(`INCREMENTAL FROM LSN: ${full.start_lsn}`)
    expect(first.stored_size).toBeLessThan(full.stored_size / 2)
    await change(300_001)
    const second = await backUp({ type: 'auto' })
    expect(second).toMatchObject({ type: 'incr', parent: first.id })
    const catalogue = await tasks.run(host, 'postgresql_catalogue')
    expect(JSON.stringify(catalogue)).toContain(`"parent":"${first.id}"`)
  })

  test('restored from full and two increments, with every row, tablespaces too', async () => {
    await change(400_001)
    const before = await content()
    await tasks.archiveEverything(host)
    const restored = await tasks.run(host, 'postgresql_restore', { replace: true })
    expect(restored.backup).toMatch(/-incr$/)
    expect(await content()).toBe(before)
    expect(
      await tasks.shell(
        host,
        `ls -d /var/lib/postgresql/${major}/main*part* /var/lib/postgresql/space/.[!.]* 2>/dev/null || true`,
      ),
    ).toBe('')
  })

  test('the restored cluster is on a new timeline, and its increments go on from there', async () => {
    await tasks.archive(host)
    const next = await backUp({ type: 'auto', max_age: 0 })
    expect(next.timeline).toBe(2)
    await change(500_001)
    const before = await content()
    const increment = await backUp({ type: 'incremental' })
    expect(increment.parent).toBe(next.id)
    await tasks.run(host, 'postgresql_restore', { replace: true, backup: increment.id, target: 'immediate' })
    expect(await content()).toBe(before)
  })

  test('auto takes a full backup when there are enough increments, or the full one is old', async () => {
    await tasks.archive(host)
    expect((await backUp({ type: 'full' })).type).toBe('full')
    expect((await backUp({ type: 'auto', max_increments: 0 })).type).toBe('full')
    expect((await backUp({ type: 'auto', full_max_age: 0 })).type).toBe('full')
    expect((await backUp({ type: 'auto' })).type).toBe('incr')
    // For type full only full ones count, for the others all.
    expect((await tasks.run(host, 'postgresql_backup', { type: 'auto', max_age: '1h' })).changed).toBe(false)
    expect((await tasks.run(host, 'postgresql_backup', { type: 'full', max_age: '1h' })).changed).toBe(false)
  })

  test('without the summaries since a backup, none is taken on it', async () => {
    const { id, start_lsn } = await backUp({ type: 'full' })
    await change(600_001)
    await tasks.sql(host, 'SELECT pg_switch_wal(); CHECKPOINT')
    const reached = `SELECT max(end_lsn) > '${start_lsn}'::pg_lsn FROM pg_available_wal_summaries()`
    await expect.poll(() => tasks.sql(host, reached), { timeout: 60_000 }).toBe('t')
    await tasks.shell(host, `rm /var/lib/postgresql/${major}/main/pg_wal/summaries/*`)
    const refused = await tasks.fail(host, 'postgresql_backup', { type: 'incremental' })
    expect([refused.code, refused.message]).toEqual([
      'backup/no-parent',
      `an incremental backup is not possible: ${id}: the WAL summaries have nothing at ${start_lsn}, which it needs`,
    ])
    expect((await backUp({ type: 'auto' })).type).toBe('full')
  })

  test('an increment whose parent is gone is no backup', async () => {
    const [whole, increment] = [await backUp({ type: 'full' }), await backUp({ type: 'incremental' })]
    const folder = `${REPOSITORY}/${host}/backup`
    await tasks.shell(host, `mv ${folder}/${whole.id} ${folder}/../away`)
    const said = JSON.stringify(await tasks.run(host, 'postgresql_catalogue'))
    expect(said).toContain(`it is an increment to ${whole.id}, which is not there whole`)
    await tasks.shell(host, `mv ${folder}/../away ${folder}/${whole.id}`)
    expect(JSON.stringify(await tasks.run(host, 'postgresql_catalogue'))).not.toContain('which is not there whole')
    expect(increment.parent).toBe(whole.id)
  })
})
