import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LifeboatError } from '../../../src/base/errors.ts'
import { layoutOf } from '../../../src/cluster/repository/layout.ts'
import { parseRepository } from '../../../src/cluster/repository/location.ts'
import { type Repository, readRepository } from '../../../src/cluster/repository/read.ts'
import { parseArguments } from '../../../src/modules/arguments.ts'
import type { Progress } from '../../../src/modules/contract.ts'
import postgresql_archive from '../../../src/modules/postgresql/postgresql_archive.ts'
import postgresql_backup from '../../../src/modules/postgresql/postgresql_backup.ts'
import { type LiveHost, startLiveHost } from '../../cluster/live-host.ts'
import { failureOf } from '../../failure-of.ts'
import type { ContextOptions } from '../harness.ts'

let live: LiveHost

const place = () => ({ cluster: live.host.dataDirectory, repository: live.repository })

const archive = async (): Promise<void> => {
  const ctx = live.context()
  const wish = parseArguments('postgresql_archive', postgresql_archive, place())
  const state = await postgresql_archive.inspect(ctx, wish)
  await postgresql_archive.apply(ctx, wish, postgresql_archive.diff(state, wish), state)
  await live.host.postgres.stop()
  await live.host.postgres.start()
}

/** One run as the engine makes it, with the proof; counts what was predicted. */
const play = async (more: Record<string, string> = {}, options: ContextOptions = {}) => {
  const progress: Progress[] = []
  const ctx = { ...live.context(options), progress: (step: Progress) => void progress.push(step) }
  const wish = parseArguments('postgresql_backup', postgresql_backup, { ...place(), ...more })
  const before = await postgresql_backup.inspect(ctx, wish)
  const changes = postgresql_backup.diff(before, wish)
  const fields = changes.length > 0 ? await postgresql_backup.apply(ctx, wish, changes, before) : {}
  const after = changes.length > 0 ? await postgresql_backup.inspect(ctx, wish, before) : before
  expect(postgresql_backup.diff(after, wish, before)).toEqual([])
  const result = { ...postgresql_backup.result?.(after, wish, changes), ...fields }
  return { changes, result, progress, warnings: ctx.warnings }
}

const predict = async (more: Record<string, string> = {}) => {
  const wish = parseArguments('postgresql_backup', postgresql_backup, { ...place(), ...more })
  return postgresql_backup.diff(await postgresql_backup.inspect(live.context({ checkMode: true }), wish), wish)
}

const repository = (): Promise<Repository> =>
  readRepository(live.session, layoutOf(parseRepository(live.repository), 'db1'))

const shell = async (script: string): Promise<string> => {
  const { status, stdout, stderr } = await live.host.exec(script)
  if (status !== 0) throw new Error(`${script}\n${stderr}`)
  return stdout.trimEnd()
}

beforeAll(async () => {
  live = await startLiveHost()
})
afterAll(() => live?.close())

test('a cluster that does not archive, and one that was never set up, are refused', async () => {
  expect((await failureOf(play())).code).toBe('archive/no-identity')
  await archive()
  await live.sql("ALTER SYSTEM SET archive_command = 'cp %p /elsewhere/%f'")
  await live.sql('SELECT pg_reload_conf()')
  const error = await failureOf(play())
  expect([error.code, error.hints]).toEqual(['backup/not-archiving', ['archive_command is cp %p /elsewhere/%f']])
  await archive()
})

test('B1: takes a backup whose WAL is all in the archive, and records what a restore needs', async () => {
  await live.sql('CREATE TABLE numbers AS SELECT generate_series(1, 100000) AS n')
  expect(await predict()).toEqual([
    {
      subject: 'backup',
      before: null,
      after: expect.stringMatching(
        /^a full backup \(pg_basebackup, server-zstd:level=3.*, fast checkpoint, WAL none\)$/,
      ),
    },
  ])
  expect((await repository()).backups).toEqual([])
  const { result, progress } = await play({ label: "Friday's" })
  const { backups, wal, incomplete, locked, damaged } = await repository()
  expect([incomplete, locked, damaged]).toEqual([[], false, []])
  const [backup] = backups
  if (!backup) throw new Error('there is no backup')
  expect(result).toMatchObject({ id: backup.id, label: "Friday's", path: `${live.repository}/db1/backup/${backup.id}` })
  expect(backup.id).toMatch(/^\d{8}T\d{6}Z-full$/)
  expect(backup).toMatchObject({
    type: 'full',
    host: 'db1',
    major_version: live.host.postgresVersion,
    system_identifier: await live.sql('SELECT system_identifier FROM pg_control_system()'),
    wal_segment_size: 1 << 20,
    timeline: 1,
    compression: 'zstd',
    wal_method: 'none',
    tablespaces: [],
    wal_directory: null,
    timeline_history: null,
    settings: { max_connections: 100, max_locks_per_transaction: 64 },
  })
  const names = new Set(wal.map(({ name }) => name))
  expect(names).toContain(backup.first_segment)
  expect(names).toContain(backup.last_segment)
  expect(names).toContain(backup.backup_history?.name)
  expect(backup.backup_label).toContain(`START WAL LOCATION: ${backup.start_lsn} (file ${backup.first_segment})`)
  expect(backup.backup_label).toContain("LABEL: Friday's")
  expect(backup.backup_history?.content).toContain(`STOP WAL LOCATION: ${backup.stop_lsn}`)
  expect(backup.size).toBeGreaterThan(20_000_000)
  expect(backup.stored_size).toBeLessThan(backup.size)
  expect(Date.parse(backup.stop_time)).toBeGreaterThanOrEqual(Date.parse(backup.start_time))
  const folder = `${live.repository}/db1/backup/${backup.id}`
  for (const file of backup.files) {
    expect(await shell(`sha256sum < '${folder}/${file.name}' | cut -d' ' -f1`)).toBe(file.sha256)
  }
  expect(backup.config.map(({ role, file }) => [role, file])).toEqual([
    ['config_file', 'config/postgresql.conf'],
    ['hba_file', 'config/pg_hba.conf'],
    ['ident_file', 'config/pg_ident.conf'],
    ['auto_conf', 'config/postgresql.auto.conf'],
  ])
  expect(await shell(`cmp '${folder}/config/pg_hba.conf' '${live.host.dataDirectory}/pg_hba.conf' && echo same`)).toBe(
    'same',
  )
  expect(
    await shell(
      `ls -ld '${folder}'; ls -lR '${folder}' | grep '^[-d]' | grep -v -e '^-rw-------' -e '^drwx------' || true`,
    ),
  ).toMatch(/^drwx------[^\n]*$/)
  expect(progress.map(({ phase }) => phase)).toContain('waiting for WAL in the repository')
})

test('the backup restores with tar alone, and pg_verifybackup finds it whole', async () => {
  const [backup] = (await repository()).backups
  const folder = `${live.repository}/db1/backup/${backup?.id}`
  const said = await shell(`set -e
rm -rf ~/copy; mkdir -m 0700 ~/copy; zstd -dcq '${folder}/base.tar.zst' | tar -xf - -C ~/copy
cp '${folder}/backup_manifest' ~/copy/; pg_verifybackup -n ~/copy; rm -rf ~/copy`)
  expect(said).toBe('backup successfully verified')
})

test('max_age: a younger whole backup is enough, an older one is not', async () => {
  expect(await predict({ max_age: '1h' })).toEqual([])
  expect((await play({ max_age: '1h' })).changes).toEqual([])
  const [backup] = (await repository()).backups
  await new Promise((resolve) => setTimeout(resolve, 2000))
  const { changes } = await play({ max_age: '1s', compression: 'lz4' })
  expect(changes[0]?.before).toMatch(new RegExp(`^${backup?.id}, \\d+\\.\\ds old$`))
  const { backups } = await repository()
  expect(backups.map(({ compression }) => compression)).toEqual(['zstd', 'lz4'])
})

test('a name that a backup of this second has already is not taken again', async () => {
  const folder = `${live.repository}/db1/backup`
  const names = await shell(
    `cd '${folder}' && for s in 0 1 2; do date -u -d "+$s seconds" +%Y%m%dT%H%M%SZ-full; done | xargs mkdir -v | sed "s/.*'\\(.*\\)'/\\1/"`,
  )
  const { result } = await play()
  expect(names.split('\n')).not.toContain(result.id)
  await shell(`cd '${folder}' && rmdir ${names.replaceAll('\n', ' ')}`)
})

test('the flags of old remain choosable: gzip -5 by the client, WAL fetched', async () => {
  const { result } = await play({ compression: 'client-gzip:5', wal_method: 'fetch', max_rate: '1GB' })
  const backup = (await repository()).backups.at(-1)
  expect([backup?.id, backup?.wal_method, backup?.compression]).toEqual([result.id, 'fetch', 'gzip'])
  const folder = `${live.repository}/db1/backup/${backup?.id}`
  expect(await shell(`tar -tzf '${folder}/base.tar.gz' | grep -c '^pg_wal/0'`)).not.toBe('0')
})

test('WAL streamed beside the data', async () => {
  await play({ compression: 'none', wal_method: 'stream' })
  const backup = (await repository()).backups.at(-1)
  expect(backup?.files.map(({ name, contents }) => [name, contents])).toContainEqual(['pg_wal.tar', 'wal'])
})

test('B2: tablespaces come as archives of their own', async () => {
  await shell(`mkdir -m 0700 ~/"space one"`)
  await live.sql(`CREATE TABLESPACE one LOCATION '${live.host.home}/space one'`)
  await live.sql('CREATE TABLE aside TABLESPACE one AS SELECT generate_series(1, 1000) AS n')
  const oid = Number(await live.sql("SELECT oid FROM pg_tablespace WHERE spcname = 'one'"))
  await play()
  const backup = (await repository()).backups.at(-1)
  expect(backup?.tablespaces).toEqual([{ oid, name: 'one', path: `${live.host.home}/space one` }])
  expect(backup?.files.find(({ contents }) => contents === 'tablespace')).toMatchObject({ name: `${oid}.tar.zst`, oid })
  await live.sql('DROP TABLE aside')
  await live.sql('DROP TABLESPACE one')
})

describe('B6: an interrupted backup leaves nothing', () => {
  beforeEach(async () => {
    await live.sql('SELECT pg_switch_wal()')
  })

  test('when the user interrupts it', async () => {
    const before = (await repository()).backups.length
    const controller = new AbortController()
    const running = failureOf(play({ max_rate: '1MB' }, { signal: controller.signal }))
    await expect.poll(async () => (await repository()).incomplete.length, { timeout: 10_000 }).toBe(1)
    controller.abort()
    expect((await running).code).toBe('lifeboat/interrupted')
    const after = await repository()
    expect([after.incomplete, after.locked, after.backups.length]).toEqual([[], false, before])
    await expect.poll(() => live.sql('SELECT count(*) FROM pg_stat_progress_basebackup')).toBe('0')
  })

  test('when its controller dies: the host itself cleans up at once', async () => {
    const other = await live.another()
    const running = play({ max_rate: '1MB' }, { session: other.session }).catch((error: LifeboatError) => error.code)
    await expect.poll(async () => (await repository()).incomplete.length, { timeout: 10_000 }).toBe(1)
    other.cut()
    await expect.poll(async () => (await repository()).incomplete.length, { timeout: 10_000 }).toBe(0)
    await expect.poll(() => live.sql('SELECT count(*) FROM pg_stat_progress_basebackup')).toBe('0')
    expect((await repository()).locked).toBe(false)
    await running
  })

  test('when its processes are killed too: the next run stops what is left and sweeps', async () => {
    const other = await live.another()
    const running = play({ max_rate: '1MB' }, { session: other.session }).catch((error: LifeboatError) => error.code)
    await expect.poll(async () => (await repository()).incomplete.length, { timeout: 10_000 }).toBe(1)
    await expect.poll(() => live.sql('SELECT count(*) FROM pg_stat_progress_basebackup')).toBe('1')
    const second = await failureOf(play())
    expect([second.code, second.message]).toEqual([
      'backup/running',
      'a backup of db1 is being taken already, by run 20260101T000000Z-test',
    ])
    await shell(`read -r pid rest < '${live.repository}/db1/backup/.lock/holder' && kill -9 $pid`)
    other.cut()
    await running
    const remains = await repository()
    expect([remains.incomplete.length, remains.locked]).toEqual([1, true])
    const { warnings } = await play()
    expect(warnings).toEqual([`removed what an interrupted backup had left: ${remains.incomplete[0]}`])
    expect(await shell(`pgrep -f '[p]g_basebackup.*${live.repository}' || echo none`)).toBe('none')
    const after = await repository()
    expect([after.incomplete, after.locked]).toEqual([[], false])
  })
})

test('B5: the checkpoint is chosen and shown', async () => {
  const [change] = await predict({ checkpoint: 'spread' })
  expect(change?.after).toContain('spread checkpoint')
})

test('B19: a server that lets no replication connection in, or has no walsender left, is refused before', async () => {
  const hba = `${live.host.dataDirectory}/pg_hba.conf`
  await shell(`cp '${hba}' ~/hba && sed -i '/^local *replication/d' '${hba}'`)
  await live.sql('SELECT pg_reload_conf()')
  const error = await failureOf(play())
  expect([error.code, error.hints]).toEqual([
    'backup/replication-refused',
    [`${hba} needs a line such as: local replication ${live.fleet.user} peer`],
  ])
  await shell(`cp ~/hba '${hba}'`)
  await live.sql('ALTER SYSTEM SET max_wal_senders = 0')
  await live.host.postgres.stop()
  await live.host.postgres.start()
  expect((await failureOf(play())).code).toBe('backup/no-wal-sender')
  await live.sql('ALTER SYSTEM RESET max_wal_senders')
  await live.host.postgres.stop()
  await live.host.postgres.start()
})

test('an archiver that fails is found before the backup begins', async () => {
  await shell(`mv ~/.lifeboat/push ~/.lifeboat/away`)
  await live.sql("SELECT pg_logical_emit_message(false, 'test', 'x')")
  await live.sql('SELECT pg_switch_wal()')
  await expect
    .poll(() => live.sql('SELECT last_failed_time > last_archived_time FROM pg_stat_archiver'), { timeout: 20_000 })
    .toBe('t')
  expect((await failureOf(play())).code).toBe('archive/failing')
  await shell(`mv ~/.lifeboat/away ~/.lifeboat/push`)
})
