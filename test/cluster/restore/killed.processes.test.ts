import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { whileLocked } from '../../../src/cluster/restore/lock.ts'
import { type RestoreFleet, type RestoreHost, startRestoreFleet } from './restore-fleet.ts'

let fleet: RestoreFleet
let db: RestoreHost
const home = mkdtempSync(join(tmpdir(), 'lb-killed-'))

const rows = () => db.sql("SELECT string_agg(i::text, ' ' ORDER BY i) FROM t")
const data = () => db.host.dataDirectory
const beside = async () => (await db.sh(`cd '${data()}/..'; ls -dA data* .data* 2>/dev/null | tr '\\n' ' '`)).trim()
const code = (error: unknown) => (error as { code?: string }).code

beforeAll(async () => {
  fleet = await startRestoreFleet([true])
  db = fleet.host('db1')
  await db.sql('CREATE TABLE t (i int)', 'INSERT INTO t VALUES (1)')
  await db.archive()
  await db.backup()
  await db.sql('CREATE TABLE bulk AS SELECT g, repeat(md5(g::text), 20) AS t FROM generate_series(1, 60000) g')
  await db.sql('INSERT INTO t SELECT 2', "SELECT pg_create_restore_point('here')", 'INSERT INTO t VALUES (3)')
  await db.switchWal()
})
afterAll(async () => {
  await fleet?.close()
  rmSync(home, { recursive: true, force: true })
})

// What is restored says no longer that it is, so that the same restore is made again.
const forget = () => db.sh(`rm -rf '${data()}/lifeboat_restore.json' '${data()}'.before-*`)

/** `lifeboat play playbooks/restore.yml` in a process of its own. */
const play = (resume: string) => {
  const variables = { target_name: 'here', target_timeline: '1', replace: true, resume }
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'src/cli/main.ts', 'play', 'playbooks/restore.yml', '-i', fleet.fleet.inventoryFile].concat([
      '--limit',
      'db1',
      '-e',
      JSON.stringify(variables),
    ]),
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LIFEBOAT_HOME: home, NO_COLOR: '1' } },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return { child, ended: once(child, 'close').then(([status]) => ({ status: status as number | null, output })) }
}

const killWhen = async (condition: string): Promise<void> => {
  const { child, ended } = play('rollback')
  await db.sh(`n=0; until ${condition}; do n=$((n+1)); [ $n -lt 6000 ] || exit 1; sleep 0.005; done`)
  child.kill('SIGKILL')
  expect((await ended).status).toBe(null)
}

const UNPACKING = (d: string) => `[ -d '${d}'.incomplete-*/base ]`
const UNPACKED = (d: string) => `[ -f '${d}'.incomplete-*/lifeboat_restore.json ]`
const RECOVERING = (d: string) =>
  `[ -d '${d}'.before-*/base ] && grep -q restored '${d}/lifeboat_restore.log' 2>/dev/null`

test.each([
  ['while it unpacks', UNPACKING, 'undid what an interrupted restore had left'],
  ['when all is unpacked and verified', UNPACKED, 'goes on with the restore'],
  ['while it recovers', RECOVERING, 'goes on with the restore'],
])('the controller is killed %s: the next run comes to the end', async (_, condition, says) => {
  await killWhen(condition(data()))
  const { status, output } = await play('continue').ended
  expect(output).toContain(says)
  expect(status, output).toBe(0)
  expect(await rows()).toBe('1 2')
  expect(await beside()).toMatch(/^data data\.before-\S+$/)
  expect(await db.sh(`pg_controldata '${data()}'.before-* | grep -c 'shut down$'`)).toBe('1')
  await forget()
})

test('the controller is killed and the server too: recovery goes on from where it was', async () => {
  await killWhen(RECOVERING(data()))
  await db.sh(`pg_ctl -D '${data()}' -m immediate -w stop >/dev/null`)
  const { status, output } = await play('continue').ended
  expect(output).toContain('which was interrupted during recovery')
  expect(status, output).toBe(0)
  expect(await rows()).toBe('1 2')
  expect(await db.sql('SELECT pg_is_in_recovery()')).toBe('f')
  await forget()
})

test('one restore at a time works on a data directory', async () => {
  const wish = { target_name: 'here', target_timeline: '1', replace: true }
  const error = await whileLocked(db.session, data(), 'another-run', () => db.refusal(wish))
  expect(error.code).toBe('restore/locked')
  expect(error.message).toMatch(/^another run works on .*\/data: run another-run, process \d+$/)
  expect(await beside()).toBe('data')
})

test('the lock of a controller whose connection went is free', async () => {
  const other = await fleet.another('db1')
  const lost = whileLocked(other.session, data(), 'lost-run', async () => {
    other.cut()
    await whileLocked(db.session, data(), 'next-run', async () => undefined)
    return 'free'
  })
  expect(await lost).toBe('free')
  expect(await beside()).toBe('data')
})

test('two controllers that restore at once: one does, the other is refused', async () => {
  const wish = { target_name: 'here', target_timeline: '1', replace: true }
  const other = await fleet.another('db1')
  const results = await Promise.allSettled([db.restore(wish), db.restore(wish, { session: other.session })])
  other.cut()
  const refused = results.flatMap((result) => (result.status === 'rejected' ? [code(result.reason)] : []))
  expect(refused).toEqual([expect.stringMatching(/^restore\/(locked|changed-meanwhile)$/)])
  expect(await rows()).toBe('1 2')
  expect(await beside()).toMatch(/^data data\.before-\S+$/)
})
