import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { $ } from 'zx/core'
import { crashAfterBoot } from './crash.ts'
import { type ProcessFleet, type ProcessHost, startProcesses } from './processes/index.ts'
import { waitFor } from './wait.ts'

const quiet = $({ quiet: true, nothrow: true })

describe('three hosts on loopback', () => {
  let fleet: ProcessFleet
  beforeAll(async () => {
    fleet = await startProcesses({ postgres: [true, true, false] })
  })
  afterAll(() => fleet?.close())

  const ssh = async ({ sshPort }: ProcessHost, command: string) => {
    const options = [
      '-i',
      fleet.privateKeyFile,
      '-o',
      'BatchMode=yes',
      '-o',
      `UserKnownHostsFile=${fleet.knownHostsFile}`,
    ]
    return quiet`ssh ${options} -p ${sshPort} ${fleet.user}@127.0.0.1 ${command}`
  }

  test('each is reached over ssh and begins in its own home', async () => {
    for (const host of Object.values(fleet.hosts)) {
      const { stdout } = await ssh(host, 'pwd; echo "$HOME"; id -un')
      expect(stdout).toBe(`${host.home}\n${host.home}\n${fleet.user}\n`)
    }
  })

  test('each has a host key of its own', () => {
    const keys = readFileSync(fleet.knownHostsFile, 'utf8').trim().split('\n')
    expect(new Set(keys.map((line) => line.split(' ')[2])).size).toBe(3)
  })

  test('a script that comes through stdin runs and its status comes back', async () => {
    const db1 = fleet.host('db1')
    const options = ['-i', fleet.privateKeyFile, '-o', `UserKnownHostsFile=${fleet.knownHostsFile}`, '-p', db1.sshPort]
    const { stdout, exitCode } = await $({ quiet: true, nothrow: true, input: 'pwd; exit 7' })`
      ssh ${options.map(String)} ${fleet.user}@127.0.0.1 sh`
    expect([stdout, exitCode]).toEqual([`${db1.home}\n`, 7])
  })

  test('files are copied with sftp', async () => {
    const db1 = fleet.host('db1')
    const file = join(fleet.directory, 'greeting')
    writeFileSync(file, 'hello\n')
    const options = ['-i', fleet.privateKeyFile, '-o', `UserKnownHostsFile=${fleet.knownHostsFile}`, '-P', db1.sshPort]
    await $({ quiet: true, input: `put ${file} greeting` })`
      sftp -b - ${options.map(String)} ${fleet.user}@127.0.0.1`
    expect(readFileSync(join(db1.home, 'greeting'), 'utf8')).toBe('hello\n')
  })

  test('the clusters are different ones, with segments of 1 MB', async () => {
    const sql = `select system_identifier, current_setting('wal_segment_size') from pg_control_system()`
    const answers = await Promise.all(['db1', 'db2'].map((name) => ssh(fleet.host(name), `psql -AtF ' ' -c "${sql}"`)))
    const [first, second] = answers.map(({ stdout }) => stdout.trim().split(' '))
    expect(first?.[1]).toBe('1MB')
    expect(second?.[1]).toBe('1MB')
    expect(first?.[0]).not.toBe(second?.[0])
  })

  test('a host without a cluster has an empty place for one', () => {
    expect(existsSync(fleet.host('db3').dataDirectory)).toBe(false)
  })

  test('a cluster copied to another host listens on the port of that host', async () => {
    const [db2, db3] = [fleet.host('db2'), fleet.host('db3')]
    await db2.postgres.stop()
    await db3.exec(`cp -a '${db2.dataDirectory}' '${db3.dataDirectory}'`)
    await Promise.all([db2.postgres.start(), db3.postgres.start()])
    expect((await ssh(db3, 'psql -Atc "show port"')).stdout).toBe(`${db3.port}\n`)
  })

  test('a killed server starts again', async () => {
    const db1 = fleet.host('db1')
    await db1.postgres.kill()
    expect((await db1.exec('pg_isready -q')).status).toBe(2)
    await db1.postgres.start()
    expect((await db1.exec('psql -Atc "select 1"')).stdout).toBe('1\n')
  })

  test('a stopped ssh server closes the connections that were open', async () => {
    const db1 = fleet.host('db1')
    const begun = join(db1.home, 'begun')
    const session = ssh(db1, `touch begun; sleep 100`)
    await waitFor('the session', 10, async () => existsSync(begun))
    await db1.ssh.stop()
    expect((await session).exitCode).toBe(255)
    expect((await ssh(db1, 'true')).exitCode).toBe(255)
    await db1.ssh.start()
    expect((await ssh(db1, 'true')).exitCode).toBe(0)
  })
})

test('two fleets run side by side', async () => {
  const fleets = await Promise.all([startProcesses({ hosts: 1 }), startProcesses({ hosts: 1 })])
  const [first, second] = fleets.map((fleet) => fleet.host('db1').port)
  expect(first).not.toBe(second)
  await Promise.all(fleets.map((fleet) => fleet.close()))
})

test('a killed server leaves no shared memory behind its fleet', async () => {
  const fleet = await startProcesses({ hosts: 1 })
  const { postgres, dataDirectory } = fleet.host('db1')
  await postgres.kill()
  const segment = readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n')[6]?.trim().split(/ +/)[1]
  const held = async () => (await quiet`ipcs -m`).stdout.split('\n').some((line) => line.split(/ +/)[1] === segment)
  expect(await held()).toBe(true)
  await fleet.close()
  expect(await held()).toBe(false)
})

test('nothing is left after the end, not even what a login started', async () => {
  const fleet = await startProcesses({ hosts: 1 })
  await fleet.host('db1').exec('setsid sleep 1000 >/dev/null 2>&1 &')
  await fleet.host('db1').exec('setsid psql -c "select pg_sleep(1000)" >/dev/null 2>&1 &')
  await fleet.close()
  expect(await remains(fleet.directory)).toEqual([])
})

test('a fleet whose owner was killed is removed by its guard', async () => {
  const directory = await crashAfterBoot('processes')
  await waitFor('removal', 30, async () => !existsSync(directory))
  expect(await remains(directory)).toEqual([])
})

test('a fleet whose owner and guard were killed is swept by the next boot', async () => {
  const directory = await crashAfterBoot('processes', { killGuard: true })
  expect(existsSync(directory)).toBe(true)
  const next = await startProcesses({ hosts: 1, postgres: [false] })
  await next.close()
  expect(await remains(directory)).toEqual([])
})

/** What names a fleet's directory: files, processes; and shared memory that nobody is attached to. */
async function remains(directory: string): Promise<string[]> {
  const processes = await quiet`ps -e -o args= | grep -F ${`${directory}/`} | grep -v grep`
  const marked = await quiet`grep -lsz ${`^HOME=${directory}/`} /proc/[0-9]*/environ`
  const files = existsSync(directory) ? [directory] : []
  return [...files, ...processes.stdout.split('\n'), ...marked.stdout.split('\n')].filter((line) => line !== '')
}
