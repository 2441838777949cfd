import { afterAll, beforeAll, expect, test } from 'vitest'
import { HELPERS } from '../../../src/cluster/archive/helpers/index.ts'
import { parseArguments } from '../../../src/modules/arguments.ts'
import postgresql_archive from '../../../src/modules/postgresql/postgresql_archive.ts'
import postgresql_archive_check from '../../../src/modules/postgresql/postgresql_archive_check.ts'
import postgresql_restart from '../../../src/modules/postgresql/postgresql_restart.ts'
import { type LiveHost, startLiveHost } from '../../cluster/live-host.ts'
import { failureOf } from '../../failure-of.ts'

let live: LiveHost

const params = (more: Record<string, string> = {}) =>
  parseArguments('postgresql_archive', postgresql_archive, {
    cluster: live.host.dataDirectory,
    repository: live.repository,
    ...more,
  })

/** One run as the engine makes it: what was predicted, and the result after the proof. */
const play = async (more: Record<string, string> = {}) => {
  const ctx = live.context()
  const wish = params(more)
  const before = await postgresql_archive.inspect(ctx, wish)
  const changes = postgresql_archive.diff(before, wish)
  if (changes.length > 0) await postgresql_archive.apply(ctx, wish, changes, before)
  const after = changes.length > 0 ? await postgresql_archive.inspect(ctx, wish, before) : before
  expect(postgresql_archive.diff(after, wish, before)).toEqual([])
  return { changes, result: postgresql_archive.result?.(after, wish, changes) ?? {}, warnings: ctx.warnings }
}

const check = (more: Record<string, string> = {}) =>
  postgresql_archive_check.act(
    live.context(),
    parseArguments('postgresql_archive_check', postgresql_archive_check, {
      cluster: live.host.dataDirectory,
      repository: live.repository,
      timeout: '20s',
      ...more,
    }),
  )

const restart = () =>
  postgresql_restart.act(
    live.context(),
    parseArguments('postgresql_restart', postgresql_restart, { cluster: live.host.dataDirectory }),
  )

beforeAll(async () => {
  live = await startLiveHost()
})
afterAll(() => live?.close())

test('A11: sets all up, says that a restart is needed, restarts nothing by itself', async () => {
  const predicted = postgresql_archive.diff(
    await postgresql_archive.inspect(live.context({ checkMode: true }), params()),
    params(),
  )
  const started = await live.sql('SELECT pg_postmaster_start_time()')
  const { changes, result, warnings } = await play()
  expect(predicted).toEqual(changes)
  expect(changes.map(({ subject }) => subject)).toEqual([
    'repository',
    'identity',
    'helpers',
    'archive_mode',
    'archive_command',
    'archive_timeout',
  ])
  expect(changes[0]).toEqual({
    subject: 'repository',
    before: null,
    after: `${live.repository}/db1, ${live.fleet.user} 0700`,
  })
  expect(changes.find(({ subject }) => subject === 'archive_timeout')).toMatchObject({ before: '0', after: '60s' })
  expect(result).toMatchObject({
    repository: live.repository,
    name: 'db1',
    compression: 'zstd',
    restart_required: true,
    pending_restart: ['archive_mode'],
    failing: false,
  })
  expect(warnings).toEqual([
    `${live.repository} is on the disk of the data directory: what takes the one takes the other`,
  ])
  expect(await live.sql('SELECT pg_postmaster_start_time()')).toBe(started)
  expect(await live.sql('SHOW archive_mode')).toBe('off')
  const early = await failureOf(check())
  expect([early.code, early.hints]).toEqual([
    'archive/not-active',
    ['archive_mode wait for a restart: restart the cluster (postgresql_restart)'],
  ])
})

test('a second run changes nothing and still says what waits', async () => {
  const { changes, result } = await play()
  expect(changes).toEqual([])
  expect(result).toMatchObject({ restart_required: true })
})

test('after the restart a switched segment arrives in the repository, whole', async () => {
  expect(await restart()).toMatchObject({ changed: true })
  const { changes, result } = await play()
  expect(changes).toEqual([])
  expect(result).toMatchObject({ restart_required: false, pending_restart: [] })
  const proof = await check()
  expect(proof).toMatchObject({ changed: false, fields: { compared: true } })
  expect(proof.fields?.path).toBe(`${live.repository}/db1/wal/00000001/${proof.fields?.segment}.zst`)
  expect((await check()).fields?.segment).not.toBe(proof.fields?.segment)
})

test('in check mode the proof is skipped, for it would write WAL', async () => {
  expect(await postgresql_archive_check.check?.(live.context({ checkMode: true }), {} as never)).toMatchObject({
    changed: false,
    skipped: true,
  })
})

test('a helper that was altered is put right again', async () => {
  await live.host.exec('echo "# altered" >> ~/.lifeboat/push; rm ~/.lifeboat/get')
  const { changes } = await play()
  expect(changes).toEqual([
    {
      subject: 'helpers',
      before: null,
      after: [`${live.host.home}/.lifeboat/push`, `${live.host.home}/.lifeboat/get`],
    },
  ])
  const { stdout } = await live.host.exec('sha256sum < ~/.lifeboat/push')
  expect(stdout.slice(0, 64)).toBe(HELPERS[0]?.digest)
})

test('A1: a segment that PostgreSQL sends twice unblocks itself', async () => {
  const { fields } = await check()
  // As after a crash between the copy and its mark: the segment is ready again, and is in the archive.
  await live.host.exec(
    `cd '${live.host.dataDirectory}/pg_wal/archive_status' && mv ${fields?.segment}.done ${fields?.segment}.ready`,
  )
  await check()
  const status = () => live.host.exec(`ls '${live.host.dataDirectory}/pg_wal/archive_status'`)
  await expect.poll(async () => (await status()).stdout).not.toContain('.ready')
})

test('A17: segments that piled up are archived several at a time, and each is answered for', async () => {
  await play({ parallel: '4' })
  expect(await live.sql('SHOW archive_command')).toContain('/push -j 4 ')
  await live.sql('CREATE TABLE pile (t text)')
  const archived = () => live.sql('SELECT archived_count FROM pg_stat_archiver').then(Number)
  const ready = () => live.sql("SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'").then(Number)
  // As while the repository could not be reached.
  const identity = `${live.repository}/db1/identity.json`
  await live.host.exec(`mv '${identity}' ~/identity`)
  await live.sql("INSERT INTO pile SELECT repeat('x', 8000) FROM generate_series(1, 1); SELECT pg_switch_wal()")
  for (let n = 0; n < 20; n += 1) await live.sql('INSERT INTO pile VALUES (1); SELECT pg_switch_wal()')
  const waiting = await ready()
  expect(waiting).toBeGreaterThanOrEqual(20)
  const before = await archived()
  const logged = `${live.host.home}/packed`
  await live.host.exec(`mkdir -p ~/bin && cat > ~/bin/zstd <<'END'
#!/bin/sh
echo "$*" >> '${logged}'
exec /usr/bin/zstd "$@"
END
chmod +x ~/bin/zstd; sed -i "s|^PATH=.*|PATH=$HOME/bin:$PATH|" ~/.lifeboat/push; mv ~/identity '${identity}'`)
  await live.sql('SELECT pg_switch_wal()')
  await expect.poll(ready, { timeout: 70_000, interval: 500 }).toBe(0)
  expect((await archived()) - before).toBeGreaterThanOrEqual(waiting)
  const stored = (await live.host.exec(`ls '${live.repository}/db1/wal/00000001' | grep -c zst`)).stdout
  const packed = (await live.host.exec(`sort '${logged}' | uniq -d`)).stdout
  expect(packed, 'no segment was packed twice').toBe('')
  expect(Number((await live.host.exec(`wc -l < '${logged}'`)).stdout)).toBeGreaterThanOrEqual(waiting)
  expect(Number(stored)).toBeGreaterThanOrEqual(waiting)
  await play()
})

test('A3: a helper that is gone is a failure that PostgreSQL counts and repeats', async () => {
  await live.host.exec('mv ~/.lifeboat/push ~/.lifeboat/away')
  const before = Number(await live.sql('SELECT failed_count FROM pg_stat_archiver'))
  const error = await failureOf(check())
  expect(error.code).toBe('archive/failing')
  expect(Number(await live.sql('SELECT failed_count FROM pg_stat_archiver'))).toBeGreaterThan(before)
  await live.host.exec('mv ~/.lifeboat/away ~/.lifeboat/push')
  await live.sql('SELECT pg_reload_conf()')
  await expect
    .poll(() => live.sql("SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"), {
      timeout: 70_000,
      interval: 1000,
    })
    .toBe('0')
})

test('A9: the folder of another cluster is refused, and nothing is changed', async () => {
  const identity = `${live.repository}/db1/identity.json`
  await live.host.exec(`cp '${identity}' ~/identity && sed -i 's/"[0-9]*"/"1234567"/' '${identity}'`)
  const error = await failureOf(play())
  expect(error.code).toBe('archive/identity-mismatch')
  expect(error.message).toMatch(/belongs to another cluster: its system identifier is 1234567, this cluster's is \d+/)
  await live.host.exec(`cp ~/identity '${identity}'`)
})

test('A10: a repository that is gone is not begun anew in its mount point', async () => {
  await live.host.exec(`mv '${live.repository}' '${live.repository}-away'`)
  const error = await failureOf(play())
  expect([error.code, error.message]).toEqual([
    'archive/repository-gone',
    `the cluster archives into ${live.repository}/db1, which has no identity.json any more`,
  ])
  expect((await live.host.exec(`ls '${live.repository}'`)).status).not.toBe(0)
  await live.host.exec(`mv '${live.repository}-away' '${live.repository}'`)
})

test('a folder that the owner may not make is refused before anything, and check mode says so', async () => {
  const closed = `/lifeboat-nowhere/db1 cannot be made: ${live.fleet.user} may not write into /`
  expect(await failureOf(play({ repository: '/lifeboat-nowhere' }))).toMatchObject({
    code: 'archive/cannot-set-up',
    message: closed,
  })
  const ctx = live.context({ checkMode: true })
  await postgresql_archive.inspect(ctx, params({ repository: '/lifeboat-nowhere' }))
  expect(ctx.warnings).toContain(`${closed}; only -b, or an earlier task that makes it, makes this one work`)
})

test('A6: a repository and a name with spaces, quotes, percent signs, dollars and UTF-8', async () => {
  const odd = { repository: `${live.fleet.sharedFolder}/it's 100% $HOME "ours" 数据`, name: `db 1's 50%f %p` }
  const { changes } = await play(odd)
  expect(changes.map(({ subject }) => subject)).toEqual(['repository', 'identity', 'archive_command'])
  expect(await live.sql('SHOW archive_command')).toContain('100%% $HOME')
  const { fields } = await check(odd)
  expect(fields?.path).toBe(`${odd.repository}/${odd.name}/wal/00000001/${fields?.segment}.zst`)
  expect((await play(odd)).changes).toEqual([])
  await play()
})

test("a command of somebody else's is shown as what was there, with a warning", async () => {
  await live.sql("ALTER SYSTEM SET archive_command = 'test ! -f /archive/%f && cp %p /archive/%f'")
  await live.sql('SELECT pg_reload_conf()')
  const { changes, warnings } = await play()
  expect(changes).toMatchObject([{ subject: 'archive_command', before: 'test ! -f /archive/%f && cp %p /archive/%f' }])
  expect(warnings).toContain(
    'archive_command was "test ! -f /archive/%f && cp %p /archive/%f": the archive that it fed gets no more WAL from now on',
  )
})

test('A7: an archive_library is taken out, which would be preferred in silence', async () => {
  await live.sql("ALTER SYSTEM SET archive_library = 'basic_archive'")
  await live.sql('ALTER SYSTEM RESET archive_command')
  await live.sql('SELECT pg_reload_conf()')
  const { changes } = await play()
  expect(changes.map(({ subject, before, after }) => [subject, before, after])).toMatchObject([
    ['archive_command', '', expect.stringContaining('/push')],
    ['archive_library', 'basic_archive', ''],
  ])
  await check()
})

test('A12: a value that postgresql.conf has too is beaten by the one place that is written', async () => {
  await live.host.exec(`echo "archive_timeout = 7200" >> '${live.host.dataDirectory}/postgresql.conf'`)
  await live.sql('SELECT pg_reload_conf()')
  expect((await play()).changes).toEqual([])
  await live.sql('ALTER SYSTEM RESET archive_timeout')
  await live.sql('SELECT pg_reload_conf()')
  expect((await play()).changes).toEqual([{ subject: 'archive_timeout', before: '7200', after: '60s' }])
  expect(await live.sql('SHOW archive_timeout')).toBe('1min')
})

test('A8: archive_mode always is refused', async () => {
  await live.sql('ALTER SYSTEM SET archive_mode = always')
  expect((await failureOf(play())).code).toBe('archive/mode-always')
  await live.sql('ALTER SYSTEM SET archive_mode = on')
})

test('a folder with files of somebody else, a path in the data directory and a host without its keys are refused', async () => {
  await live.host.exec(`mkdir -p '${live.repository}/other' && touch '${live.repository}/other/precious'`)
  expect((await failureOf(play({ name: 'other' }))).code).toBe('archive/foreign-folder')
  expect((await failureOf(play({ repository: `${live.host.dataDirectory}/archive` }))).code).toBe(
    'archive/bad-repository',
  )
  expect((await failureOf(play({ repository: 'backup1:/srv/lifeboat' }))).code).toBe('archive/no-link')
  expect((await failureOf(play({ repository: 'relative' }))).code).toBe('archive/bad-repository')
  expect((await failureOf(play({ name: '../db2' }))).code).toBe('archive/bad-name')
})
