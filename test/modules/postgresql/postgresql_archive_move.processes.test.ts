import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { LifeboatError } from '../../../src/base/errors.ts'
import postgresql_archive from '../../../src/modules/postgresql/postgresql_archive.ts'
import postgresql_archive_check from '../../../src/modules/postgresql/postgresql_archive_check.ts'
import { type LiveHost, startLiveHost } from '../../cluster/live-host.ts'
import { type Convergence, converge, predict, run } from '../harness.ts'

let live: LiveHost
let old: string

const options = () => ({ ...live.context(), name: 'postgresql_archive' })
const params = (more: Record<string, string | number> = {}) => ({
  cluster: live.host.dataDirectory,
  repository: live.repository,
  name: 'db1',
  ...more,
})

const archive = (more: Record<string, string | number> = {}): Promise<Convergence<unknown>> =>
  converge(postgresql_archive, params(more), options())

const check = () =>
  run(postgresql_archive_check, { ...params(), timeout: '30s' }, { ...options(), name: 'postgresql_archive_check' })

const shell = async (script: string): Promise<string> => {
  const { status, stdout, stderr } = await live.host.exec(script)
  if (status !== 0) throw new Error(`${script}\n${stderr}`)
  return stdout.trimEnd()
}

/** Puts settings in force as a person does, by ALTER SYSTEM and a reload. */
const set = async (values: Record<string, string | null>): Promise<void> => {
  for (const [name, value] of Object.entries(values)) {
    await live.sql(
      value === null ? `ALTER SYSTEM RESET ${name}` : `ALTER SYSTEM SET ${name} = '${value.replaceAll("'", "''")}'`,
    )
  }
  await live.sql('SELECT pg_reload_conf()')
  await vi.waitFor(async () => {
    for (const [name, value] of Object.entries(values)) {
      if (value !== null && name !== 'archive_timeout') expect(await live.sql(`SHOW ${name}`)).toBe(value)
    }
  })
}

const fill = async (segments: number): Promise<void> => {
  for (let n = 0; n < segments; n += 1) await live.sql('INSERT INTO rows VALUES (1); SELECT pg_switch_wal()')
}

const ready = async (): Promise<number> =>
  Number(await live.sql("SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"))

const drained = () => vi.waitFor(async () => expect(await ready()).toBe(0), { timeout: 90_000, interval: 500 })

/** The segments that are in a folder, by their names alone. */
const segmentsIn = async (folder: string): Promise<string[]> =>
  (await shell(`ls '${folder}' 2>/dev/null | grep -E '^[0-9A-F]{24}' | cut -c 1-24 | sort || true`))
    .split('\n')
    .filter(Boolean)

beforeAll(async () => {
  live = await startLiveHost()
  old = `${live.fleet.sharedFolder}/old`
  await shell(`mkdir -m 0755 '${old}'`)
  await live.sql('CREATE TABLE rows (n integer)')
  await live.sql("ALTER SYSTEM SET archive_mode = 'on'")
  await live.host.postgres.stop()
  await live.host.postgres.start()
}, 60_000)
afterAll(() => live?.close())

test("A1: the manual's command that is stuck for ever is moved, what waits is archived, and no segment is lost", async () => {
  await set({ archive_command: `test ! -f ${old}/%f && cp %p ${old}/%f` })
  await fill(3)
  await drained()
  const current = await live.sql('SELECT pg_walfile_name(pg_current_wal_insert_lsn() + 1)')
  // As after a crash between the copy and its mark.
  await shell(`: > '${old}/${current}'`)
  await fill(3)
  await vi.waitFor(
    async () => expect(Number(await live.sql('SELECT failed_count FROM pg_stat_archiver'))).toBeGreaterThan(0),
    {
      timeout: 20_000,
    },
  )
  expect(await ready()).toBeGreaterThanOrEqual(3)
  await shell(`rm '${old}/${current}'; cp '${live.host.dataDirectory}/pg_wal/${current}' '${old}/${current}'`)

  const { changes, warnings, fields } = await archive()
  expect(changes.map(({ subject }) => subject)).toContain('archive_command')
  expect(warnings).toEqual([
    `archive_command was "test ! -f ${old}/%f && cp %p ${old}/%f": the archive that it fed gets no more WAL from now on`,
    'the earlier command refused a file that was there already, though PostgreSQL sends one twice after a crash: archiving would have stopped for good, until pg_wal was full',
    'the earlier command wrote under the final name and flushed nothing to disk: after a crash a segment of that archive may be cut short; verify it before you rely on it',
    `the earlier archive ${old} is on the disk of the data directory: what takes the one takes the other`,
    `others than ${live.fleet.user} may look into the earlier archive ${old} (mode 0755): WAL holds the data itself`,
    'archive_timeout was 0: with little traffic a segment was archived when it was full, if ever, and a disaster would have cost all that was in it',
    `${live.repository} is on the disk of the data directory: what takes the one takes the other`,
    expect.stringMatching(
      /db1 has the WAL from [0-9A-F]{24} on, and what still waited; backups from before need the earlier archive: take a base backup now/,
    ),
  ])
  await check()
  await drained()
  const [before, after] = [await segmentsIn(old), await segmentsIn(`${live.repository}/db1/wal/00000001`)]
  expect(after).toContain(fields.chain_begins)
  expect(after).toContain(current)
  const all = [...new Set([...before, ...after])].sort()
  const numbers = all.map((name) => Number.parseInt(name.slice(16), 16))
  expect(numbers, 'both archives together have no gap').toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index))
})

test('a second run says nothing of the past', async () => {
  const { changes, warnings } = await archive()
  expect(changes).toEqual([])
  expect(warnings).toEqual([
    `${live.repository} is on the disk of the data directory: what takes the one takes the other`,
  ])
})

test('A16: a command that archives nothing is told apart, for it broke the chain', async () => {
  await set({ archive_command: '/bin/true' })
  await fill(2)
  await drained()
  const lost = await live.sql('SELECT last_archived_wal FROM pg_stat_archiver')
  const { warnings, fields } = await archive()
  expect(warnings[0]).toBe(
    'archive_command was "/bin/true", which succeeds without archiving anything: PostgreSQL removed WAL that is in no archive, so no backup from before now can be brought any further; take a base backup now',
  )
  await check()
  const stored = await segmentsIn(`${live.repository}/db1/wal/00000001`)
  expect(stored).not.toContain(lost)
  expect(String(fields.chain_begins) > lost).toBe(true)
  expect(stored).toContain(fields.chain_begins)
})

test('A16: a command that only pauses loses nothing, and what waited is archived', async () => {
  await set({ archive_command: 'false' })
  const [waiting] = [await live.sql('SELECT pg_walfile_name(pg_current_wal_insert_lsn() + 1)'), await fill(2)]
  const { warnings } = await archive()
  expect(warnings[0]).toBe('archive_command was "false", which paused archiving: what waited since is archived now')
  await check()
  await drained()
  expect(await segmentsIn(`${live.repository}/db1/wal/00000001`)).toContain(waiting)
})

test('A17: a serial command that had fallen behind', async () => {
  await set({ archive_command: `sleep 3; cp %p ${old}/%f` })
  await fill(18)
  const { warnings } = await archive()
  expect(warnings).toContainEqual(
    expect.stringMatching(
      /^archiving had fallen behind, \d+ segments wait: the earlier command was run for one at a time$/,
    ),
  )
  await drained()
})

test('A19: an archive inside the data directory', async () => {
  const inside = `${live.host.dataDirectory}/archive_wals`
  await shell(`mkdir -p -m 0700 '${inside}'`)
  await set({ archive_command: `cp %p ${inside}/%f` })
  const { warnings } = await archive()
  expect(warnings).toContain(
    `the earlier archive ${inside} is inside the data directory: what takes the one takes the other`,
  )
})

test('A10: a command that does not look whether its share is mounted', async () => {
  const mounted = await shell('mktemp -d /dev/shm/lb-archive-XXXXXX')
  try {
    await set({ archive_command: `cp %p ${mounted}/%f` })
    const { warnings } = await archive()
    expect(warnings).toContain(
      'the earlier command did not look whether /dev/shm is mounted: at times when it was not, WAL went to the disk below it, where nobody finds it',
    )
    await set({ archive_command: `mountpoint -q /dev/shm && cp %p ${mounted}/%f` })
    expect((await archive()).warnings.join()).not.toContain('is mounted')
  } finally {
    await shell(`rm -r '${mounted}'`)
  }
})

test('A15: without archive_timeout nothing bounds what a disaster costs', async () => {
  const { warnings } = await archive({ archive_timeout: 0 })
  expect(warnings).toContain(
    'archive_timeout is 0: with little traffic a segment is archived when it is full, if ever, and a disaster costs all that is in it',
  )
  expect((await archive()).warnings.join()).toContain('archive_timeout was 0')
})

test('R31: a recovery_end_command that removes files', async () => {
  await set({ recovery_end_command: 'rm -rf %r' })
  expect((await archive()).warnings).toContain(
    'recovery_end_command is "rm -rf %r": it deletes files at the end of every recovery, by names that PostgreSQL gives relative to the data directory; take it out',
  )
  await set({ recovery_end_command: null })
})

test('R32: an archive_cleanup_command that deletes from an archive, and one that deletes from this repository', async () => {
  await set({ archive_cleanup_command: `pg_archivecleanup ${old} %r` })
  expect((await archive()).warnings).toContain(
    `archive_cleanup_command is "pg_archivecleanup ${old} %r": every recovery runs it and deletes from the archive, also what base backups need; take it out`,
  )
  await set({ archive_cleanup_command: `pg_archivecleanup -x .zst ${live.repository}/db1/wal/00000001 %r` })
  const error = await archive().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(LifeboatError)
  expect((error as LifeboatError).code).toBe('archive/cleanup-command')
  await set({ archive_cleanup_command: null })
})

test('A7: archive_library is moved too, and what waits is archived by the new command', async () => {
  await shell(`mkdir -p '${old}/library'`)
  await set({ archive_command: null })
  await live.sql(`LOAD 'basic_archive'; ALTER SYSTEM SET basic_archive.archive_directory = '${old}/library'`)
  await set({ archive_library: 'basic_archive' })
  await fill(2)
  const { warnings } = await archive()
  expect(warnings).toContain(
    'archive_library was "basic_archive": the archive that it fed gets no more WAL from now on',
  )
  await check()
  await drained()
  await live.sql("LOAD 'basic_archive'; ALTER SYSTEM RESET basic_archive.archive_directory")
})

test('a repository that moves is a new chain as well', async () => {
  const { warnings, fields } = await archive({ name: 'elsewhere' })
  expect(fields.chain_begins).toMatch(/^[0-9A-F]{24}$/)
  expect(warnings.at(-1)).toContain('/elsewhere has the WAL from ')
  await archive()
})

test('check mode says all of it too', async () => {
  await set({ archive_command: 'cd .' })
  const ctx = live.context({ checkMode: true })
  await predict(postgresql_archive, params(), { ...ctx, name: 'postgresql_archive' })
  const { warnings } = await archive()
  expect(warnings[0]).toContain('succeeds without archiving anything')
})

test('state absent takes settings, helpers and notes back, and leaves the WAL; again it changes nothing', async () => {
  await archive()
  await check()
  const stored = await segmentsIn(`${live.repository}/db1/wal/00000001`)
  const { changes, fields } = await archive({ state: 'absent' })
  expect(changes.map(({ subject, before, after }) => [subject, typeof before, after])).toEqual([
    ['archive_command', 'string', ''],
    ['archive_mode', 'string', 'off'],
    ['archive_timeout', 'string', '0'],
    ['helpers', 'object', null],
  ])
  expect(fields).toEqual({ restart_required: true, pending_restart: ['archive_mode'] })
  expect(await shell('ls -A ~ | grep -c lifeboat || true')).toBe('0')
  expect(await shell(`ls -A '${live.host.dataDirectory}/pg_wal' | grep -c lifeboat || true`)).toBe('0')
  expect(await segmentsIn(`${live.repository}/db1/wal/00000001`)).toEqual(stored)
  expect(await live.sql('SHOW archive_command')).toBe('')
  expect((await archive({ state: 'absent' })).changes).toEqual([])
  await live.host.postgres.stop()
  await live.host.postgres.start()
  expect(await live.sql('SHOW archive_mode')).toBe('off')
  expect((await archive({ state: 'absent' })).fields).toEqual({ restart_required: false, pending_restart: [] })
})

test('state absent leaves what it did not set, and refuses a line that was written by hand', async () => {
  await live.sql(`ALTER SYSTEM SET archive_command = 'cp %p ${old}/%f'`)
  await set({ archive_timeout: '300' })
  expect((await archive({ state: 'absent' })).changes).toEqual([])
  await set({ archive_command: null, archive_timeout: null })
  await archive()
  const command = await live.sql("SELECT setting FROM pg_file_settings WHERE name = 'archive_command'")
  await shell(`cat >> '${live.host.dataDirectory}/postgresql.conf' <<'END'
archive_command = '${command.replaceAll("'", "''")}'
END`)
  await live.sql('ALTER SYSTEM RESET archive_command')
  const error = await archive({ state: 'absent' }).catch((thrown: unknown) => thrown)
  expect((error as LifeboatError).code).toBe('archive/still-used')
})
