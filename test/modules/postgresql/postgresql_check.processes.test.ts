import { afterAll, beforeAll, expect, test } from 'vitest'
import postgresql_check from '../../../src/modules/postgresql/postgresql_check.ts'
import { type RestoreFleet, type RestoreHost, startRestoreFleet } from '../../cluster/restore/restore-fleet.ts'
import { run } from '../harness.ts'

let fleet: RestoreFleet
let db1: RestoreHost
let first: string

interface Report {
  readonly failed: boolean
  readonly msg: string
  readonly verdict: string
  readonly checks: readonly { name: string; verdict: string; message: string; hints: string[] }[]
  readonly facts: Record<string, unknown>
  readonly prometheus: string
}

// Everything lies on one disk here, and what is free on it is not the test's affair.
const CALM = { free_min: 0, free_warn: 0, wal_full_min: 0, wal_full_warn: 0, repository_full_min: 0 }

const check = async (wish: Parameters<typeof run>[1] = {}): Promise<Report> => {
  const place = { cluster: db1.host.dataDirectory, repository: fleet.repository, name: 'db1' }
  const options = { name: 'postgresql_check', session: db1.session }
  const given = { ...place, ...CALM, repository_full_warn: 0, ...wish }
  const { fields, failed = false, msg = '' } = await run(postgresql_check, given, options)
  return { ...fields, failed, msg } as unknown as Report
}
const of = (report: Report, name: string) => report.checks.find((each) => each.name === name)
const wrong = (report: Report): string[] =>
  report.checks.flatMap(({ name, verdict, message }) => (verdict === 'pass' ? [] : [`${verdict} ${name}: ${message}`]))
const metric = (report: Report, name: string): number => {
  const line = report.prometheus.split('\n').find((each) => each.startsWith(`${name}{`))
  return Number(line?.split('} ')[1] ?? Number.NaN)
}
const BESIDE = () => `warn place: ${fleet.repository} is on the disk of the data directory`

beforeAll(async () => {
  fleet = await startRestoreFleet([true, true])
  db1 = fleet.host('db1')
})
afterAll(() => fleet?.close())

test('a cluster that was never set up is told what it lacks, in one look', async () => {
  const report = await check()
  expect(report.failed).toBe(true)
  expect(report.verdict).toBe('fail')
  expect(wrong(report)).toEqual([
    `fail repository: ${fleet.repository}/db1 has no identity.json: nothing was archived there as "db1"`,
    'fail settings: archive_mode is off',
    'fail rpo: nothing bounds the data that a disaster can cost',
  ])
  expect(of(report, 'settings')?.hints).toContain('set archiving up (postgresql_archive, playbook archive.yml)')
  expect(metric(report, 'pg_archive_chain_ok')).toBe(0)
  expect((await check({ fail_on: 'never' })).failed).toBe(false)
})

test('A15, A18, A19: a cluster that archives and has a backup passes, with its figures', async () => {
  await db1.archive()
  first = await db1.backup('first')
  await db1.switchWal()
  const report = await check({ prove: true })
  expect(wrong(report)).toEqual([BESIDE()])
  expect([report.failed, report.verdict]).toEqual([false, 'warn'])
  expect((await check({ fail_on: 'warn' })).failed).toBe(true)
  expect(of(report, 'chain')?.message).toBe('no gap from the oldest backup on, proven')
  expect(report.facts).toMatchObject({
    archive_ready_files: 0,
    archive_oldest_ready_seconds: 0,
    archive_chain_ok: true,
    archive_chain_gaps: 0,
    archive_failing: false,
    // archive_timeout, as nothing waits.
    rpo_bound_seconds: 60,
    backups: 1,
    backups_damaged: 0,
    backups_incomplete: 0,
  })
  expect(Number(report.facts.pg_wal_free)).toBeGreaterThan(0)
  expect(Number(report.facts.pg_wal_full_seconds)).toBeGreaterThan(0)
  expect(Number(report.facts.repository_full_seconds)).toBeGreaterThan(0)
  expect(report.prometheus).toContain(
    `# HELP pg_archive_ready_files Files that wait to be archived.
# TYPE pg_archive_ready_files gauge
pg_archive_ready_files{host="localhost",cluster="${db1.host.dataDirectory}"} 0
`,
  )
  expect(metric(report, 'pg_backup_age_seconds')).toBe(report.facts.backup_age_seconds)
  expect(Math.abs(metric(report, 'pg_check_timestamp_seconds') - Date.now() / 1000)).toBeLessThan(60)
  for (const line of report.prometheus.trimEnd().split('\n')) {
    expect(line).toMatch(/^(# (HELP|TYPE) pg_\w+ .+|pg_\w+\{(\w+="[^"]*",?)+\} \d+(\.\d+)?)$/)
  }
})

test('A18: free space and the time to full are held against their limits', async () => {
  const report = await check({ wal_full_warn: '100000000d', free_min: '1PB' })
  expect(of(report, 'pg_wal')).toMatchObject({
    verdict: 'fail',
    message: expect.stringMatching(
      /^[\d.]+ [MGT]B of [\d.]+ [MGT]B free; full in .+ if nothing were archived any more$/,
    ),
    hints: [expect.stringMatching(/^[\d.]+ [kMG]?B come in an hour$/)],
  })
  expect(of(await check({ repository_full_warn: '100000000d' }), 'space')?.verdict).toBe('warn')
})

test('a backup that is too old, and one that is damaged', async () => {
  // Its end is written in whole seconds, rounded up: a check that comes at once finds it no second old.
  const record = `${fleet.repository}/db1/backup/${first}/backup.json`
  await db1.sh(`cp -p '${record}' '${fleet.repository}/record'
    sed -i 's/"stop_time": "[^"]*"/"stop_time": "'$(date -u -d '3 days ago' +%Y-%m-%dT%H:%M:%SZ)'"/' '${record}'`)
  expect(of(await check({ backup_max_age: '2d' }), 'backups')).toEqual({
    name: 'backups',
    verdict: 'fail',
    message: 'the newest backup ended 3d 00h ago',
    hints: ['take one (postgresql_backup, playbook backup.yml)'],
  })
  expect(of(await check({ backup_max_age: '4d', backup_warn_age: '2d' }), 'backups')?.verdict).toBe('warn')
  await db1.sh(`mv '${fleet.repository}/record' '${record}'`)
  const id = await db1.backup('second')
  await db1.sh(
    `cd '${fleet.repository}/db1/backup' && mv ${id}/backup_manifest . && mkdir 20260101T000000Z-full.incomplete`,
  )
  const report = await check()
  expect(wrong(report)).toEqual([
    expect.stringMatching(
      `^fail backups: backup ${id} is damaged: backup_manifest is missing; 20260101T000000Z-full.incomplete was never finished, `,
    ),
    BESIDE(),
  ])
  expect([metric(report, 'pg_backup_damaged'), metric(report, 'pg_backup_incomplete')]).toEqual([1, 1])
  await db1.sh(
    `cd '${fleet.repository}/db1/backup' && mv backup_manifest ${id}/ && rmdir 20260101T000000Z-full.incomplete`,
  )
})

test('A3, A15: files that wait, and an archiver that fails', async () => {
  await db1.sh(`chmod 0500 '${fleet.repository}/db1/wal/00000001' '${fleet.repository}/db1/wal/.push'`)
  await db1.sql('CREATE TABLE more AS SELECT 1 AS n')
  await db1.sql('SELECT pg_switch_wal()')
  await db1.sh(
    `n=0; until [ "$(psql -XAtqc 'select failed_count from pg_stat_archiver')" -gt 0 ]; do n=$((n+1)); [ $n -lt 100 ]; sleep 0.1; done`,
  )
  await db1.sh(`touch -d '3 hours ago' '${db1.host.dataDirectory}'/pg_wal/archive_status/*.ready`)
  const report = await check()
  expect(of(report, 'archiver')).toMatchObject({
    verdict: 'fail',
    message: expect.stringMatching(
      /^the archiver fails: 00000001\w{16} was refused \d+\.\ds ago, \d+ failures in all; 1 file waits, the oldest for 3h 00m$/,
    ),
  })
  expect(of(report, 'rpo')).toMatchObject({
    verdict: 'fail',
    message: 'a disaster can cost the data of 3h 00m',
  })
  expect(metric(report, 'pg_archive_failing')).toBe(1)
  expect(metric(report, 'pg_archive_oldest_ready_seconds')).toBeGreaterThan(10_799)
  await db1.sh(`chmod 0700 '${fleet.repository}/db1/wal/00000001' '${fleet.repository}/db1/wal/.push'`)
  await db1.sh(
    `n=0; while ls '${db1.host.dataDirectory}'/pg_wal/archive_status/*.ready >/dev/null 2>&1; do n=$((n+1)); [ $n -lt 200 ]; psql -XAtqc 'select pg_switch_wal()' >/dev/null; sleep 0.5; done`,
  )
})

test('R1: a gap behind the newest backup is a failure, one that it has passed a warning', async () => {
  await db1.sql('CREATE TABLE gap AS SELECT 1 AS n')
  const name = await db1.switchWal()
  await db1.sql('INSERT INTO gap VALUES (2)')
  await db1.switchWal()
  const wal = `${fleet.repository}/db1/wal/00000001`
  await db1.sh(`mv '${wal}/${name}.zst' '${fleet.repository}/taken'`)
  const broken = await check()
  expect(of(broken, 'chain')).toMatchObject({
    verdict: 'fail',
    message: `WAL is missing: ${name} on the way to timeline 1`,
    hints: ['take a new backup at once: nothing behind the gap can be restored'],
  })
  expect([metric(broken, 'pg_archive_chain_ok'), metric(broken, 'pg_archive_chain_gaps')]).toEqual([0, 1])
  const id = await db1.backup('third')
  const passed = await check()
  expect(of(passed, 'chain')).toMatchObject({
    verdict: 'warn',
    message: `WAL is missing: ${name} on the way to timeline 1, passed by ${id}`,
  })
  expect(metric(passed, 'pg_archive_chain_ok')).toBe(1)
  await db1.sh(`mv '${fleet.repository}/taken' '${wal}/${name}.zst'`)
  expect(of(await check(), 'chain')?.verdict).toBe('pass')
})

test('R3: damage inside a segment is found with a proof', async () => {
  await db1.sql('INSERT INTO gap SELECT generate_series(1, 2000)')
  const name = await db1.switchWal()
  const file = `${fleet.repository}/db1/wal/00000001/${name}.zst`
  await db1.sh(`cp -p '${file}' '${fleet.repository}/whole'
    zstd -dcq '${file}' > '${fleet.repository}/raw' && printf 'XXXX' | dd of='${fleet.repository}/raw' bs=1 seek=20000 conv=notrunc status=none
    zstd -qf -1 '${fleet.repository}/raw' -o '${file}'; rm '${fleet.repository}/raw'`)
  expect(of(await check(), 'chain')?.verdict).toBe('pass')
  const report = await check({ prove: true })
  expect(of(report, 'chain')?.verdict).toBe('fail')
  expect(of(report, 'chain')?.message).toContain(`WAL segment ${name} is damaged at 0/`)
  await db1.sh(`mv '${fleet.repository}/whole' '${file}'`)
})

test('A1: the newest segment that the server archived has been taken away', async () => {
  const name = await db1.switchWal()
  const file = `${fleet.repository}/db1/wal/00000001/${name}.zst`
  await db1.sh(
    `n=0; until [ "$(psql -XAtqc 'select last_archived_wal from pg_stat_archiver')" = ${name} ]; do n=$((n+1)); [ $n -lt 100 ]; sleep 0.1; done; mv '${file}' '${fleet.repository}/taken'`,
  )
  expect(of(await check(), 'chain')?.message).toBe(`${name} was archived and is not in the repository`)
  await db1.sh(`mv '${fleet.repository}/taken' '${file}'`)
})

test('A9: a repository of another cluster is refused', async () => {
  await fleet.host('db2').archive()
  const report = await check({ name: 'db2' })
  expect(of(report, 'repository')).toMatchObject({
    verdict: 'fail',
    message: expect.stringMatching(
      /\/db2 belongs to another cluster: its system identifier is \d+, this cluster's is \d+$/,
    ),
  })
})

test('A15, A16, R31, R32: settings that are dangerous', async () => {
  const configured = await db1.sql('SHOW archive_command')
  const set = async (settings: Record<string, string>): Promise<Report> => {
    for (const [name, value] of Object.entries(settings)) {
      await db1.sql(`ALTER SYSTEM SET ${name} = '${value.replaceAll("'", "''")}'`)
    }
    const before = await db1.sql('SELECT pg_conf_load_time()', 'SELECT pg_reload_conf()')
    await db1.sh(
      `n=0; until [ "$(psql -XAtqc 'select pg_conf_load_time()')" != '${before.split('\n')[0]}' ]; do n=$((n+1)); [ $n -lt 100 ]; sleep 0.05; done`,
    )
    return check()
  }
  const unbounded = await set({ archive_timeout: '0' })
  expect(of(unbounded, 'settings')).toMatchObject({
    verdict: 'warn',
    message: 'archive_timeout is 0: without traffic a segment is never archived',
  })
  expect(of(unbounded, 'rpo')?.verdict).toBe('warn')
  expect(unbounded.facts.rpo_bound_seconds).toBeNull()
  const many = await set({
    archive_timeout: '60s',
    archive_command: '/bin/true',
    archive_cleanup_command: 'pg_archivecleanup /srv/archive %r',
    recovery_end_command: 'rm -rf %r',
    full_page_writes: 'off',
  })
  expect(of(many, 'settings')).toMatchObject({
    verdict: 'fail',
    message:
      'archive_command is "/bin/true", which archives nothing; archive_cleanup_command is "pg_archivecleanup /srv/archive %r": any recovery would delete from the archive; recovery_end_command deletes: "rm -rf %r"; full_page_writes is off',
  })
  const elsewhere = await set({ archive_command: 'cp %p /elsewhere/%f' })
  expect(of(elsewhere, 'settings')?.message).toContain(`archive_command does not archive into ${fleet.repository}/db1`)
  const reset = { archive_cleanup_command: '', recovery_end_command: '', full_page_writes: 'on' }
  expect(wrong(await set({ archive_command: configured, ...reset }))).toEqual([BESIDE()])
})

test('R16: a fork wants a decision', async () => {
  await db1.sql("SELECT pg_create_restore_point('here')")
  await db1.sql('INSERT INTO gap VALUES (3)')
  await db1.switchWal()
  await db1.restore({ target_name: 'here', replace: true })
  await db1.sql('INSERT INTO gap VALUES (4)')
  await db1.switchWal()
  expect(of(await check(), 'timelines')).toEqual({
    name: 'timelines',
    verdict: 'warn',
    message: 'timelines 1 and 2 lead to different ends',
    hints: ['a restore has to name one; postgresql_prune with timeline gives the others up'],
  })
})

test('a server that is down is one failure among the verdicts', async () => {
  await db1.host.postgres.stop()
  const report = await check()
  expect(of(report, 'server')).toMatchObject({ verdict: 'fail', message: `${db1.host.dataDirectory} is not running` })
  expect(of(report, 'chain')?.verdict).toBe('pass')
  const backups = Number(await db1.sh(`ls -d '${fleet.repository}'/db1/backup/*-full | wc -l`))
  expect(report.facts).toMatchObject({ archive_ready_files: null, backups })
  expect(report.prometheus).not.toContain('pg_archive_ready_files')
})
