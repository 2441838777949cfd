import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import postgresql_restore_undo from '../../../src/modules/postgresql/postgresql_restore_undo.ts'
import { failureOf } from '../../failure-of.ts'
import { converge } from '../../modules/harness.ts'
import { type RestoreFleet, type RestoreHost, startRestoreFleet } from './restore-fleet.ts'

let fleet: RestoreFleet
let primary: RestoreHost
let standby: RestoreHost

const home = mkdtempSync(join(tmpdir(), 'lb-standby-'))
const PASSWORD = "it's: a \\secret"
const data = () => standby.host.dataDirectory
const rows = () => standby.sql("SELECT string_agg(i::text, ' ' ORDER BY i) FROM t")
const insert = (value: number) => primary.sql(`INSERT INTO t VALUES (${value})`)
const conninfo = (password = PASSWORD) =>
  `host=127.0.0.1 port=${primary.host.port} user=replicator password='${password.replaceAll(/['\\]/g, '\\$&')}'`
const follow = { source: 'db1', target_action: 'standby' }
const streaming = (password = PASSWORD) => ({ ...follow, primary: conninfo(password), primary_slot: 'db2' })
const setPassword = (password: string) =>
  primary.sql(`ALTER ROLE replicator PASSWORD '${password.replaceAll("'", "''")}'`)
const passfiles = () => standby.sh('ls ~/.lifeboat | grep -c pgpass || :')
const subjects = (changes: readonly { readonly subject: string }[]) => changes.map(({ subject }) => subject)

const eventually = <T>(look: () => Promise<T>) => expect.poll(look, { timeout: 20_000 })

beforeAll(async () => {
  fleet = await startRestoreFleet([true, false])
  primary = fleet.host('db1')
  standby = fleet.host('db2')
  await primary.sql('CREATE ROLE replicator LOGIN REPLICATION', 'CREATE TABLE t (i int)')
  // Comes along with the backup: the standby looks for WAL often.
  await primary.sql("ALTER SYSTEM SET wal_retrieve_retry_interval = '200ms'")
  await setPassword(PASSWORD)
  await insert(1)
  await primary.archive()
  await primary.backup()
  await primary.sql("ALTER SYSTEM SET max_connections = '117'")
  await primary.host.postgres.stop()
  await primary.host.postgres.start()
  await insert(2)
  await primary.switchWal()
  await insert(3)
})
afterAll(async () => {
  await fleet?.close()
  rmSync(home, { recursive: true, force: true })
})

test('a primary that does not let it in, and a slot that is not there, are found before anything is touched', async () => {
  const error = await standby.refusal(streaming('wrong'))
  expect(error.code).toBe('restore/primary-unreachable')
  expect(error.hints.join('\n')).toMatch(/password authentication failed for user "replicator"/)
  const missing = await standby.refusal(streaming())
  expect(missing.code).toBe('restore/bad-slot')
  expect(missing.hints.join('\n')).toContain("SELECT pg_create_physical_replication_slot('db2', true)")
})

test('the primary itself cannot become its own standby', async () => {
  const wish = { target_action: 'standby', primary: conninfo(), replace: true }
  const error = await failureOf(primary.restore(wish))
  expect(error.code).toBe('restore/foreign-primary')
  expect(error.message).toContain('is the very cluster that would become its standby')
})

test('R15: built from the repository it streams through its slot, with settings no lower than the primary has now', async () => {
  const wish = { ...streaming(), create_slot: true }
  const predicted = await standby.predict(wish)
  expect(await primary.sql('SELECT count(*) FROM pg_replication_slots')).toBe('0')
  const { changes, fields, warnings } = await standby.restore(wish)
  expect(subjects(predicted)).toEqual(subjects(changes))
  expect(subjects(changes).slice(-3)).toEqual(['standby', 'slot db2 on the primary', 'archive after promotion'])
  expect(fields).toMatchObject({ new_timeline: null, standby: { streaming: true, slot: 'db2' }, needs_backup: false })
  expect(warnings).toEqual([expect.stringMatching(/^once promoted it archives nowhere/)])
  expect(await primary.sql('SELECT slot_name, slot_type, active FROM pg_replication_slots')).toBe('db2|physical|t')
  await insert(4)
  await eventually(rows).toBe('1 2 3 4')
  expect(await standby.sql('SHOW max_connections', 'SHOW archive_mode', 'SHOW recovery_target_timeline')).toBe(
    '117\noff\nlatest',
  )
  expect((await standby.restore(wish)).changes).toEqual([])
})

test('its password is in a file of the owner alone, and nowhere else', async () => {
  const file = await standby.sh("ls -l ~/.lifeboat/standby-*.pgpass | cut -d ' ' -f 1")
  expect(file).toBe('-rw-------')
  const found = await standby.sh(`cat '${data()}'/*.conf '${data()}'/*.json '${data()}'/*.log; echo`)
  expect(found).not.toContain('secret')
  expect(await standby.sql('SHOW primary_conninfo')).toMatch(/ passfile=\S+\.pgpass$/)
  const told = JSON.stringify([await standby.predict({ ...streaming(), again: true, replace: true })])
  expect(told).not.toContain('secret')
})

test('the playbook finds it right as it is, and shows no password', async () => {
  const given = JSON.stringify({ source: 'db1', primary: conninfo(), create_slot: true })
  const args = [
    '--import',
    'tsx',
    'src/cli/main.ts',
    'play',
    'playbooks/standby.yml',
    '--limit',
    'db2',
    '-vvv',
    '--diff',
  ]
  const child = spawn(process.execPath, [...args, '-i', fleet.fleet.inventoryFile, '-e', given], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LIFEBOAT_HOME: home, NO_COLOR: '1' },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  const [status] = (await once(child, 'close')) as [number | null]
  expect(status, output).toBe(0)
  expect(output).toMatch(/streams from host=127\.0\.0\.1 port=\d+, as replicator, at 0\/[0-9A-F]+/)
  expect(output).toMatch(/db2 : ok=2 changed=0 /)
  expect(output).not.toContain('secret')
  const logs = readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  expect(logs.join()).toContain('replicator')
  expect(logs.join()).not.toContain('secret')
})

test('it stays a standby when it is started again, and a stopped one is started', async () => {
  await standby.host.postgres.stop()
  const { changes } = await standby.restore(streaming())
  expect(changes).toEqual([{ subject: 'server', before: 'stopped', after: 'a standby' }])
  await standby.host.postgres.stop()
  await standby.host.postgres.start()
  await insert(5)
  await eventually(rows).toBe('1 2 3 4 5')
})

test('another password is taken over', async () => {
  await setPassword('new one')
  const { changes } = await standby.restore(streaming('new one'))
  expect(subjects(changes)).toEqual(['password'])
  await standby.host.postgres.stop()
  await standby.host.postgres.start()
  await insert(6)
  await eventually(rows).toBe('1 2 3 4 5 6')
  await eventually(async () => (await standby.restore(streaming('new one'))).changes).toEqual([])
})

test('a primary that lets it in no more is told with its words, and the way back', async () => {
  await primary.sql('ALTER ROLE replicator NOREPLICATION', 'SELECT pg_terminate_backend(pid) FROM pg_stat_replication')
  await eventually(() => standby.sql('SELECT count(*) FROM pg_stat_wal_receiver')).toBe('0')
  const error = await failureOf(standby.restore({ ...streaming('new one'), streaming_timeout: '1' }))
  expect(error.code).toBe('restore/not-streaming')
  expect(error.hints.join('\n')).toMatch(/must be superuser or replication role|permission denied/)
  expect(error.hints.join('\n')).toContain('it goes on trying: mend what is wrong and run this again')
  await primary.sql('ALTER ROLE replicator REPLICATION')
  await standby.restore({ ...streaming('new one') })
  await insert(7)
  await eventually(rows).toBe('1 2 3 4 5 6 7')
})

test('a standby that was made in another way and streams from the same primary is right as it is', async () => {
  await standby.sh(`mv '${data()}/lifeboat_restore.json' '${data()}/../record'`)
  expect((await standby.restore(streaming('new one'))).changes).toEqual([])
  await standby.sh(`mv '${data()}/../record' '${data()}/lifeboat_restore.json'`)
})

test('without a primary it replays the archive, waits where that cannot be read, and changes nothing again', async () => {
  const { changes } = await standby.restore(follow)
  expect(subjects(changes)).toEqual(['primary', 'primary_slot_name'])
  await eventually(() => standby.sql('SELECT count(*) FROM pg_stat_wal_receiver')).toBe('0')
  await primary.sh(`mv '${fleet.repository}/db1/identity.json' '${fleet.repository}/kept'`)
  await eventually(() => standby.sh(`cat '${data()}'/../postgres.log '${data()}/startup.log'`)).toMatch(
    /lifeboat get: /,
  )
  await primary.sh(`mv '${fleet.repository}/kept' '${fleet.repository}/db1/identity.json'`)
  await insert(8)
  await primary.switchWal()
  await eventually(rows).toBe('1 2 3 4 5 6 7 8')
  expect((await standby.restore(follow)).changes).toEqual([])
  expect(await passfiles()).toBe('0')
})

test('built anew it sets the old standby aside, which can be put back', async () => {
  const error = await standby.refusal({ ...follow, again: true })
  expect(error.code).toBe('restore/cluster-running')
  // A primary that has no slot left stops it after its files were proven and put in place.
  const wish = { ...streaming('new one'), primary_slot: 'another', create_slot: true, replace: true }
  await primary.sql("SELECT pg_create_physical_replication_slot('full_' || i) FROM generate_series(1, 9) AS i")
  const stopped = await failureOf(standby.restore({ ...wish, again: true }))
  expect(stopped.message).toBe('the primary does not make the slot another')
  expect(stopped.hints.join()).toMatch(/all replication slots are in use.*the old cluster is whole in/)
  await primary.sql(`SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name LIKE 'full%'`)
  await insert(9)
  await primary.switchWal()
  expect(subjects((await standby.restore(wish)).changes)).toEqual(['recovery'])
  await eventually(rows).toBe('1 2 3 4 5 6 7 8 9')
  const undo = (wish = {}) =>
    converge(postgresql_restore_undo, { cluster: data(), ...wish }, { session: standby.session })
  expect((await undo()).warnings).toEqual([expect.stringMatching(/^the slot another of the undone standby keeps WAL/)])
  expect(await standby.sql('SELECT pg_is_in_recovery()', 'SHOW primary_conninfo')).toBe('t')
  expect(await passfiles()).toBe('1')
  await undo({ state: 'released', confirm: true })
  expect(await passfiles()).toBe('0')
})

test('one that was promoted is not replaced by accident', async () => {
  const { fields } = await standby.restore({ ...follow, again: true, replace: true })
  expect(fields.standby).toEqual({ streaming: false, replayed: expect.any(String), primary: null, slot: null })
  await standby.sql('SELECT pg_promote()')
  const error = await failureOf(standby.restore({ ...follow, replace: true }))
  expect(error.code).toBe('restore/standby-promoted')
  await standby.host.postgres.stop()
  expect((await standby.refusal({ ...follow, replace: true })).code).toBe('restore/standby-promoted')
})

test.each([
  ['a target', { target: 'immediate' }, 'postgres/bad-target'],
  ['a timeline beside the primary', { primary: 'host=db1', target_timeline: '2' }, 'restore/bad-standby'],
  ['a slot without a primary', { primary_slot: 'db2' }, 'restore/bad-standby'],
  ['a lock', { release: false }, 'restore/bad-standby'],
  ['a URI', { primary: 'postgresql://db1/' }, 'postgres/bad-conninfo'],
])('%s does not go with a standby', async (_, wish, code) => {
  expect((await failureOf(standby.predict({ ...follow, ...wish }))).code).toBe(code)
})
