import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NOW, type RestoreFleet, type RestoreHost, startRestoreFleet } from './restore-fleet.ts'

let fleet: RestoreFleet
let hosts: RestoreHost[]
let target_time: string
const home = mkdtempSync(join(tmpdir(), 'lb-fleet-'))

const rows = (host: RestoreHost) => host.sql("SELECT string_agg(i::text, ' ' ORDER BY i) FROM t")

beforeAll(async () => {
  fleet = await startRestoreFleet([true, true, true])
  hosts = ['db1', 'db2', 'db3'].map((name) => fleet.host(name))
  for (const host of hosts) {
    await host.sql('CREATE TABLE t (i int)', 'INSERT INTO t VALUES (1)')
    await host.archive()
    await host.backup()
    await host.sql('INSERT INTO t VALUES (2)')
    await host.switchWal()
  }
  target_time = (await hosts[0]?.sql('SELECT pg_sleep(0.01)', NOW))?.split('\n').at(-1) ?? ''
  for (const host of hosts) {
    await host.sql('SELECT pg_sleep(0.01)', 'INSERT INTO t VALUES (3)')
    await host.switchWal()
  }
})
afterAll(async () => {
  await fleet?.close()
  rmSync(home, { recursive: true, force: true })
})

const play = async (
  variables: object,
  ...flags: readonly string[]
): Promise<{ status: number | null; output: string }> => {
  const given = JSON.stringify({ target_time, target_timeline: '1', replace: true, ...variables })
  const args = ['--import', 'tsx', 'src/cli/main.ts', 'play', 'playbooks/restore-fleet.yml']
  const child = spawn(process.execPath, [...args, '-i', fleet.fleet.inventoryFile, '-e', given, ...flags], {
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
  return { status, output }
}

test('a group goes to one moment, and a batch that fails whole does not hold up the others', async () => {
  const wal = `${fleet.repository}/db1/wal/00000001`
  const broken = (await hosts[0]?.sh(`cd '${wal}'; ls | tail -n 2 | head -n 1 | cut -c 1-24`)) ?? ''
  await hosts[0]?.sh(
    `mkdir '${wal}/../kept'; mv '${wal}/${broken}'* '${wal}/../kept/'; rm -f '${hosts[0]?.host.dataDirectory}/pg_wal/${broken}'`,
  )
  const { status, output } = await play({ batch: 1 })
  await hosts[0]?.sh(`mv '${wal}/../kept/'* '${wal}/'; rmdir '${wal}/../kept'`)
  expect(status, output).toBe(2)
  expect(output).toContain(`WAL segment ${broken} is missing`)
  expect(output).toMatch(/db[23] was the slowest of 2: \d+\.\d s, of which \w[\w ]* took \d+\.\d s/)
  expect(output).toContain('(the failed ones alone: --limit db1)')
  expect(await Promise.all(hosts.map(rows))).toEqual(['1 2 3', '1 2', '1 2'])
})

test('the one that failed is restored alone, and then nobody has anything to do', async () => {
  const alone = await play({}, '--limit', 'db1')
  expect(alone.status, alone.output).toBe(0)
  expect(alone.output).toContain('db1 was the slowest of 1')
  expect(await Promise.all(hosts.map(rows))).toEqual(['1 2', '1 2', '1 2'])
  const { status, output } = await play({})
  expect(status, output).toBe(0)
  for (const host of hosts) expect(output).toMatch(new RegExp(`${host.name} : ok=3 changed=0 .*failed=0`))
})

test('R19: what only the old pg_wal holds is kept before its server recycles it', async () => {
  const [db1] = hosts
  await db1?.sql('CHECKPOINT', 'INSERT INTO t VALUES (4)')
  const lost = await db1?.switchWal()
  await db1?.sql('INSERT INTO t VALUES (5)')
  await db1?.switchWal()
  const xid = await db1?.sql('SELECT xmin FROM t WHERE i = 5')
  await db1?.sh(`rm '${fleet.repository}/db1/wal/00000002/${lost}'*`)
  await db1?.restore({ target_xid: xid ?? '', target_timeline: '2', replace: true })
  expect(await Promise.all(hosts.slice(0, 1).map(rows))).toEqual(['1 2 4 5'])
})

test('clocks that differ are said', async () => {
  const { output } = await play({ clock_difference: -1 }, '--limit', 'db2,db3')
  expect(output).toMatch(/the clock is -?\d+ s off that of db2/)
})
