import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { restoreCommand } from '../../../src/cluster/archive/command.ts'
import { parseArguments } from '../../../src/modules/arguments.ts'
import postgresql_archive from '../../../src/modules/postgresql/postgresql_archive.ts'
import postgresql_backup from '../../../src/modules/postgresql/postgresql_backup.ts'
import { quoteConfValue } from '../../../src/postgres/conf-value.ts'
import { type LiveHost, startLiveHost } from '../live-host.ts'

let live: LiveHost
let folder: string
let backup: string

const shell = async (script: string): Promise<string> => {
  const { status, stdout, stderr } = await live.host.exec(script)
  if (status !== 0) throw new Error(`${script}\n${stderr}`)
  return stdout.trimEnd()
}

const addRow = async (n: number): Promise<string> => {
  await live.sql(`INSERT INTO rows VALUES (${n})`)
  const segment = await live.sql('SELECT pg_walfile_name(pg_current_wal_insert_lsn())')
  await live.sql('SELECT pg_switch_wal()')
  await vi.waitFor(
    async () => expect(await live.sql(`SELECT last_archived_wal >= '${segment}' FROM pg_stat_archiver`)).toBe('t'),
    { timeout: 20_000 },
  )
  return segment
}

const segments: string[] = []

beforeAll(async () => {
  live = await startLiveHost()
  const place = { cluster: live.host.dataDirectory, repository: live.repository }
  const ctx = live.context()
  const archive = parseArguments('postgresql_archive', postgresql_archive, place)
  const state = await postgresql_archive.inspect(ctx, archive)
  await postgresql_archive.apply(ctx, archive, postgresql_archive.diff(state, archive), state)
  await live.host.postgres.stop()
  await live.host.postgres.start()
  await live.sql('CREATE TABLE rows (n integer)')
  const wish = parseArguments('postgresql_backup', postgresql_backup, place)
  const before = await postgresql_backup.inspect(ctx, wish)
  await postgresql_backup.apply(ctx, wish, postgresql_backup.diff(before, wish), before)
  folder = `${live.repository}/db1`
  backup = `${folder}/backup/${await shell(`ls '${folder}/backup'`)}`
  for (const n of [1, 2, 3]) segments.push(await addRow(n))
})
afterAll(() => live?.close())

/** Recovers a copy with nothing but `get`, to the end of the WAL; gives the rows, or the server's last words. */
const recover = async (): Promise<string> => {
  const command = quoteConfValue(restoreCommand(`${live.host.home}/.lifeboat`, folder))
  return await shell(`rm -rf ~/copy && mkdir -m 0700 ~/copy && zstd -dcq '${backup}/base.tar.zst' | tar -xf - -C ~/copy
touch ~/copy/recovery.signal
cat >> ~/copy/postgresql.auto.conf <<'END'
restore_command = ${command}
archive_mode = off
listen_addresses = ''
unix_socket_directories = '${live.host.home}'
END
if pg_ctl -s -w -t 30 -D ~/copy -l ~/copy.log start; then
  while [ "$(psql -h ~ -XAtqc 'SELECT pg_is_in_recovery()')" = t ]; do sleep 0.1; done
  psql -h ~ -XAtqc "SELECT string_agg(n::text, ',' ORDER BY n) FROM rows"
  pg_ctl -s -m immediate -D ~/copy stop
else grep -o 'FATAL: .*' ~/copy.log | tail -1; fi 2>&1
rm -f ~/copy.log`)
}

test('R2: at the end of the archive get answers 1, and recovery ends with every row', async () => {
  expect(await recover()).toBe('1,2,3')
  expect(await shell('ls -A ~/copy/pg_wal'), 'what was fetched ahead is gone with the recovery').not.toContain(
    'lifeboat',
  )
})

test('R2: with a damaged segment get answers 200, and the server refuses to come up with half of the rows', async () => {
  const [stored] = (await shell(`ls '${folder}/wal/00000001/${segments[1]}'*`)).split('\n')
  await shell(
    `cp '${stored}' ~/whole && chmod u+w '${stored}' && printf damaged | dd of='${stored}' bs=1 seek=60 conv=notrunc 2>/dev/null`,
  )
  expect(await recover()).toMatch(
    /FATAL: {2}could not restore file "[0-9A-F]{24}" from archive: child process exited with exit code 200$/,
  )
  await shell(`cp ~/whole '${stored}'`)
  expect(await recover()).toBe('1,2,3')
})

test('R2: with the share gone the server refuses to come up, instead of taking that for the end of the WAL', async () => {
  await shell(`mv '${folder}/identity.json' ~/identity.json`)
  expect(await recover()).toContain('child process exited with exit code 200')
  await shell(`mv ~/identity.json '${folder}/identity.json'`)
})
