import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { lookAround } from '../../../src/cluster/catalogue/look.ts'
import { layoutOf } from '../../../src/cluster/repository/layout.ts'
import { parseRepository } from '../../../src/cluster/repository/location.ts'
import { parseArguments } from '../../../src/modules/arguments.ts'
import postgresql_backup from '../../../src/modules/postgresql/postgresql_backup.ts'
import postgresql_check from '../../../src/modules/postgresql/postgresql_check.ts'
import { failureOf } from '../../failure-of.ts'
import { run } from '../../modules/harness.ts'
import { localSession } from '../../modules/local-session.ts'
import { type FarHost, startFarHost } from './far-host.ts'

let host: FarHost

beforeAll(async () => {
  host = await startFarHost({ initdbArgs: ['--data-checksums'] })
  for (const name of ['one', 'two']) await host.sql(`CREATE TABLE ${name} AS SELECT generate_series(1, 50000) AS n`)
})
afterAll(() => host?.close())

const place = () => ({ cluster: host.host.dataDirectory, repository: host.repository })
const folders = (): string[] => readdirSync(join(host.store, 'db1/backup')).sort()
const scratch = () => host.shell(`ls ~/.lifeboat/ssh/backup1${host.store}/db1 | tr '\\n' ' '`)
const predict = (more: Record<string, string> = {}) => {
  const wish = parseArguments('postgresql_backup', postgresql_backup, { ...place(), ...more })
  return postgresql_backup
    .inspect(host.context({ checkMode: true }), wish)
    .then((state) => postgresql_backup.diff(state, wish))
}
/** After failures the archiver gives up for a minute, unless a new segment wakes it. */
const archivesAgain = async () => {
  const archives = async () => {
    await host.sql('INSERT INTO one VALUES (1); SELECT pg_switch_wal()')
    return host.sql('SELECT last_archived_time > coalesce(last_failed_time, $$-infinity$$) FROM pg_stat_archiver')
  }
  await expect.poll(archives, { timeout: 60_000, interval: 500 }).toBe('t')
}
/** Unpacks all archives of a folder, the tablespaces too, and lets PostgreSQL itself verify what came out. */
const verified = (stored: string): Promise<string> => {
  // Nobody but the user of the repository may read it, and the cluster is another one's.
  const folder = join(host.host.home, 'fetched')
  rmSync(folder, { recursive: true, force: true })
  execFileSync('cp', ['-r', stored, folder])
  execFileSync('chmod', ['-R', 'a+rX', folder])
  return host.shell(`rm -rf ~/copy; mkdir -m 0700 ~/copy
cp ${folder}/backup_manifest ~/copy/
for file in ${folder}/base.tar* ${folder}/data-*.tar*; do [ ! -f $file ] || zstd -dcfq $file | tar -xpf - -C ~/copy || exit 1; done
for file in ${folder}/[0-9]*.tar*; do
  [ -f "$file" ] || continue
  oid=\${file##*/}; oid=\${oid%%[!0-9]*}
  mkdir -p -m 0700 ~/copy/pg_tblspc/$oid; zstd -dcfq $file | tar -xpf - -C ~/copy/pg_tblspc/$oid || exit 1
done
pg_verifybackup -n ~/copy`)
}

test('check mode predicts it, and it is taken as a stream; young enough, the second run changes nothing', async () => {
  const how = expect.stringMatching(/^a full backup \(pg_basebackup, zstd -q -c -T\d -3, fast checkpoint, WAL none\)$/)
  expect(await predict()).toEqual([{ subject: 'backup', before: null, after: how }])
  expect(folders()).toEqual([])
  const { backup, folder, said, progress } = await host.backUp()
  expect(said[1]).toBe(`${backup.method}: it verifies the page checksums of this cluster`)
  expect(backup.files.map(({ name }) => name)).toEqual([
    'backup_manifest',
    'base.tar.zst',
    ...['pg_hba.conf', 'pg_ident.conf', 'postgresql.auto.conf', 'postgresql.conf'].map((name) => `config/${name}`),
  ])
  for (const { name, sha256, size } of backup.files) {
    const content = readFileSync(join(folder, name))
    expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([size, sha256])
  }
  const archived = (await host.repositoryNow()).wal.map(({ name }) => name)
  expect(archived).toEqual(expect.arrayContaining([backup.first_segment, backup.last_segment]))
  expect(backup.backup_history?.content).toContain(`STOP WAL LOCATION: ${backup.stop_lsn}`)
  expect(backup.backup_label).toContain(`START WAL LOCATION: ${backup.start_lsn}`)
  expect(await verified(folder)).toBe('backup successfully verified')
  expect(progress.map(({ phase }) => phase)).toContain('reading back')
  expect([folders(), await scratch()]).toEqual([[backup.id], 'config key key.pub known_hosts socket'])
  expect(await predict({ max_age: '1h' })).toEqual([])
})

test('B7: several streams through the low-level API', async () => {
  const { backup, folder } = await host.backUp({ method: 'parallel', jobs: 2 })
  expect(backup.files.filter(({ contents }) => contents === 'data').map(({ name }) => name)).toEqual(
    ['base', 'data-1', 'data-2', 'data-3'].map((name) => `${name}.tar.zst`),
  )
  expect(await verified(folder)).toBe('backup successfully verified')
})

test('B2: tablespaces go there too, and what only pg_basebackup can do is written here first', async () => {
  await host.shell(`mkdir -m 0700 ~/"space one"`)
  await host.sql(`CREATE TABLESPACE one LOCATION '${host.host.home}/space one'`)
  await host.sql('CREATE TABLE aside TABLESPACE one AS SELECT generate_series(1, 1000) AS n')
  const streamed = await host.backUp({ compression: 'none' })
  expect(streamed.backup.method).toMatch(/^pg_backup_start/)
  expect(streamed.warnings).toEqual([expect.stringMatching(/^page checksums are not verified on this way/)])
  const spooled = await host.backUp({ method: 'pg_basebackup', wal_method: 'stream', max_rate: '1GB' })
  expect(spooled.backup.method).toMatch(/^pg_basebackup, server-zstd:.*, written here first$/)
  expect(spooled.backup.files.map(({ contents }) => contents)).toEqual(expect.arrayContaining(['wal', 'tablespace']))
  for (const { folder } of [streamed, spooled]) expect(await verified(folder)).toBe('backup successfully verified')
  await host.sql('DROP TABLE aside')
  await host.sql('DROP TABLESPACE one')
  expect(await scratch()).toBe('config key key.pub known_hosts socket')
})

describe('B6: an interrupted backup leaves nothing that could be taken for one', () => {
  const slow = { max_rate: '1MB' }
  /** Waits until a backup has begun; throws why where it ended before. */
  const begun = async (running: Promise<unknown>) => {
    const ended = running.then((why) => Promise.reject(why))
    ended.catch(() => {})
    const incomplete = () => folders().filter((name) => name.endsWith('.incomplete')).length
    await Promise.race([ended, expect.poll(incomplete, { timeout: 20_000 }).toBe(1)])
  }
  const sending = () => host.sql('SELECT count(*) FROM pg_stat_progress_basebackup')
  const nothingLeft = async (before: string[]) => {
    await expect.poll(folders, { timeout: 20_000 }).toEqual(before)
    await expect.poll(sending, { timeout: 20_000 }).toBe('0')
    expect(await scratch()).toBe('config key key.pub known_hosts socket')
  }
  let before: string[]
  beforeAll(() => {
    before = folders()
  })
  afterEach(() => host.intercept())

  test('when the user interrupts it, and while it runs no other one begins', async () => {
    const controller = new AbortController()
    const running = failureOf(host.backUp(slow, { signal: controller.signal }))
    await begun(running)
    const second = await failureOf(host.backUp())
    expect([second.code, second.message]).toEqual([
      'backup/running',
      'a backup of db1 is being taken already, by run 20260101T000000Z-test',
    ])
    controller.abort()
    expect((await running).code).toBe('lifeboat/interrupted')
    await nothingLeft(before)
  })

  test('when its controller dies', async () => {
    const other = await host.another()
    const running = host.backUp(slow, { session: other.session }).catch((error: Error) => error)
    await begun(running)
    other.cut()
    await running
    await nothingLeft(before)
  })

  test('when its process is killed: the next run stops what is left of it and sweeps', async () => {
    const other = await host.another()
    const running = host.backUp(slow, { session: other.session }).catch((error: Error) => error)
    await begun(running)
    await expect.poll(sending, { timeout: 20_000 }).toBe('1')
    await host.shell(`read -r pid rest < ~/.lifeboat/ssh/backup1${host.store}/db1/backup/holder && kill -9 $pid`)
    other.cut()
    await running
    expect(folders()).toContain('.lock')
    const { backup, warnings } = await host.backUp()
    expect(warnings).toEqual([
      expect.stringMatching(/^removed what an interrupted backup had left: \S+-full.incomplete$/),
    ])
    before = [...before, backup.id]
    await nothingLeft(before)
  })

  test('when the connection to the repository host is cut', async () => {
    const running = failureOf(host.backUp(slow))
    await begun(running)
    // What was sent so far must not look whole: the other side sees an end of file.
    host.sshd.killConnections()
    expect((await running).code).toMatch(/^(backup\/failed|archive\/unreachable)$/)
    await archivesAgain()
    const { backup } = await host.backUp()
    before = [...before, backup.id]
    await nothingLeft(before)
  })

  test('when it is cut while several streams go there: none is read to its end for nothing', async () => {
    host.intercept(`case $SSH_ORIGINAL_COMMAND in
  'write '*data-1.tar) head -c 1000 > /dev/null; exec sleep 19.73 ;;
esac
exec "$@"`)
    const running = failureOf(host.backUp({ method: 'parallel', compression: 'none' }))
    const sleeping = () => host.shell("ps -eo args | grep -c '^[s]leep 19.73$' || true")
    await expect.poll(sleeping, { timeout: 20_000 }).toBe('1')
    host.sshd.killConnections()
    expect((await running).code).toMatch(/^(backup\/failed|archive\/unreachable)$/)
    await expect.poll(scratch, { timeout: 20_000 }).toBe('config key key.pub known_hosts socket')
    host.intercept()
    await archivesAgain()
    const { backup } = await host.backUp()
    before = [...before, backup.id]
    await nothingLeft(before)
  })

  test('when not all that was sent arrives', async () => {
    host.intercept(`case $SSH_ORIGINAL_COMMAND in
  'write '*base.tar.zst) head -c 100000 | "$@"; exit ;;
esac
exec "$@"`)
    const error = await failureOf(host.backUp())
    expect([error.code, error.message]).toEqual([
      'backup/failed',
      expect.stringMatching(/^the backup failed: base.tar.zst: (100000 [0-9a-f]{64}|no word) of \d+ bytes arrived$/),
    ])
    await nothingLeft(before)
  })

  test('when what was stored is not what was sent', async () => {
    host.intercept(`case $SSH_ORIGINAL_COMMAND in
  'write '*backup_manifest) tr 0 1 | "$@"; exit ;;
esac
exec "$@"`)
    const error = await failureOf(host.backUp())
    expect(error.message).toBe('what was written is not a whole backup: the manifest that was stored is another one')
    await nothingLeft(before)
  })
})

test('B1: WAL that does not arrive fails it', async () => {
  host.intercept(`case $SSH_ORIGINAL_COMMAND in 'push '*) exit 1 ;; esac
exec "$@"`)
  const before = folders()
  // With the WAL inside, the server itself does not wait for the archiver.
  const error = await failureOf(host.backUp({ wal_method: 'fetch', wal_timeout: '2s' }))
  host.intercept()
  expect([error.code, error.message]).toEqual([
    'backup/wal-missing',
    expect.stringMatching(/^\d of \d WAL files of the backup are not in backup1:.*\/db1\/wal after 2 s: [0-9A-F]{24}/),
  ])
  expect(folders()).toEqual(before)
  await archivesAgain()
})

test('B15: pages with wrong checksums are found on the way, and the backup is kept as corrupt', async () => {
  const whole = (await host.repositoryNow()).backups.length
  await host.sql('CREATE TABLE bad AS SELECT generate_series(1, 10000) AS n')
  await host.sql('CHECKPOINT')
  const file = `${host.host.dataDirectory}/${await host.sql("SELECT pg_relation_filepath('bad')")}`
  await host.shell(`printf damage | dd of='${file}' bs=1 seek=$((8192 * 3 + 4000)) conv=notrunc 2>/dev/null`)
  const error = await failureOf(host.backUp())
  expect([error.code, error.message]).toEqual([
    'backup/corrupt',
    expect.stringContaining('pages of the cluster are damaged: checksum verification failed in file'),
  ])
  const { backups, damaged, incomplete } = await host.repositoryNow()
  expect([backups.length, incomplete]).toEqual([whole, []])
  expect(damaged.at(-1)?.reason).toMatch(/^it is corrupt: checksum verification failed/)
  await host.sql('DROP TABLE bad')
})

test('A15: postgresql_check sees all of it through the link', async () => {
  const { fields } = await run(
    postgresql_check,
    { ...place(), name: 'db1', fail_on: 'never' },
    { session: host.session },
  )
  const facts = fields?.facts as Record<string, unknown>
  expect(facts).toMatchObject({ backups: (await host.repositoryNow()).backups.length, archive_chain_ok: true })
  const here = await lookAround(localSession(), layoutOf(parseRepository(host.store), 'db1'))
  const there = await lookAround(host.session, layoutOf(parseRepository(host.repository), 'db1'))
  expect(there.written).toEqual(here.written)
  expect(there.folders).toEqual(here.folders)
  expect(there.space.total).toBe(here.space.total)
  expect(facts.repository_free).toBeGreaterThan(0)
  expect(facts.repository_rate).toBeGreaterThan(0)
})
