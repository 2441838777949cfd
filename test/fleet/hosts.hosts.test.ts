import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { $ } from 'zx/core'
import { crashAfterBoot } from './crash.ts'
import { bootHosts, type FleetHost, type HostFleet } from './hosts/index.ts'
import { fleetFolder } from './hosts/sweep.ts'
import { greetsAsSsh, waitFor } from './wait.ts'

const quiet = $({ quiet: true, nothrow: true })

describe('four releases of Debian', () => {
  let fleet: HostFleet
  let all: FleetHost[]
  beforeAll(async () => {
    fleet = await bootHosts([
      { name: 'db13', suite: 'bullseye' },
      { name: 'db15', suite: 'bookworm', walSegmentSizeMB: 1, initdbArgs: ['--data-checksums'] },
      { name: 'db17', suite: 'trixie', diskLimitMB: 8 },
      { name: 'db18', suite: 'forky' },
    ])
    all = Object.values(fleet.hosts)
  })
  afterAll(() => fleet?.close())

  const ssh = ({ address }: FleetHost, command: string, user = 'admin') => {
    const options = [
      '-i',
      fleet.privateKeyFile,
      '-o',
      'BatchMode=yes',
      '-o',
      `UserKnownHostsFile=${fleet.knownHostsFile}`,
    ]
    return quiet`ssh ${options} -o ConnectTimeout=3 ${user}@${address} ${command}`
  }
  const everywhere = (script: string) =>
    Promise.all(all.map(async (host) => (await host.exec(script, { user: 'postgres' })).stdout.trim()))

  test('admin logs in and becomes postgres without a password', async () => {
    const answers = await Promise.all(
      all.map((host) => ssh(host, `hostname; sudo -n -u postgres psql -Atc 'show server_version_num'`)),
    )
    const versions = answers.map(({ stdout }) => stdout.replace(/(\d\d)\d{4}\n$/, '$1'))
    expect(versions).toEqual(['db13\n13', 'db15\n15', 'db17\n17', 'db18\n18'])
  })

  test('root does not log in', async () => {
    for (const host of all) expect((await ssh(host, 'true', 'root')).exitCode).toBe(255)
  })

  test('every host says of itself that it runs, with nothing failed', async () => {
    for (const host of all) {
      const { stdout } = await host.exec('systemctl is-system-running --wait; systemctl --failed --no-legend')
      expect(stdout).toBe('running\n')
    }
  })

  test('no two hosts share a system identifier, a host key or a machine id', async () => {
    const identifiers = await everywhere('psql -Atc "select system_identifier from pg_control_system()"')
    expect(new Set(identifiers).size).toBe(4)
    expect(new Set(await everywhere('cat /etc/machine-id')).size).toBe(4)
    const keys = readFileSync(fleet.knownHostsFile, 'utf8').trim().split('\n')
    expect(new Set(keys.map((line) => line.split(' ')[2])).size).toBe(8)
  })

  test('clusters are made as asked', async () => {
    const sql = `select current_setting('wal_segment_size') || ' ' || current_setting('data_checksums')`
    expect(await everywhere(`psql -Atc "${sql}"`)).toEqual(['16MB off', '1MB on', '16MB off', '16MB on'])
  })

  test('postgres of one host reads and writes what postgres of another left on the share', async () => {
    await all[0]?.exec('umask 077; echo from db13 >/mnt/shared/note', { user: 'postgres' })
    expect(await everywhere('cat /mnt/shared/note')).toEqual(Array(4).fill('from db13'))
    expect(readFileSync(join(fleet.sharedFolder, 'note'), 'utf8')).toBe('from db13\n')
    expect(await everywhere('mountpoint -q /mnt/shared; echo $?')).toEqual(['0', '0', '0', '0'])
  })

  test('hosts reach each other and nothing outside', async () => {
    const db18 = fleet.host('db18')
    const probe = (address: string) => db18.exec(`timeout 3 bash -c '</dev/tcp/${address}/22'`)
    expect((await probe(fleet.host('db13').address)).status).toBe(0)
    const { stdout } = await db18.exec('ip route')
    expect(stdout.trim().split('\n')).toHaveLength(1)
    expect((await probe('192.0.2.1')).stderr).toContain('Network is unreachable')
  })

  test('the small disk is full when it is full', async () => {
    const { stdout, stderr } = await fleet
      .host('db17')
      .exec('head -c 20M /dev/zero >/mnt/small/fill; stat -c %s /mnt/small/fill')
    expect(stderr).toContain('No space left on device')
    expect(stdout).toBe(`${8 * 1024 * 1024}\n`)
  })

  test('the root of a host is seen from here', () => {
    expect(readFileSync(join(fleet.host('db17').root, 'etc/hostname'), 'utf8')).toBe('db17\n')
  })

  test('a host cannot change the kernel of the machine', async () => {
    const { status } = await fleet.host('db17').exec('echo 1 >/proc/sys/vm/drop_caches')
    expect(status).not.toBe(0)
  })

  test('a power cut breaks ssh without a word, and the disk survives it', async () => {
    const db15 = fleet.host('db15')
    await db15.exec('psql -qc "create table kept as select 42 as answer"', { user: 'postgres' })
    await db15.kill()
    expect(await greetsAsSsh(db15.address, 22)).toBe(false)
    await db15.start()
    expect((await ssh(db15, 'sudo -n -u postgres psql -Atc "select answer from kept"')).stdout).toBe('42\n')
  })

  test('a host that shut itself down boots again', async () => {
    const db18 = fleet.host('db18')
    await db18.exec('systemctl --no-block poweroff')
    await waitFor('the end of db18', 60, async () => !existsSync(join(fleet.directory, 'hosts', '03-db18', 'init.pid')))
    await expect(db18.exec('true')).rejects.toThrow('db18 is off')
    await db18.start()
    expect((await ssh(db18, 'hostname')).stdout).toBe('db18\n')
  })

  test('a host without its cable is silent until it is back', async () => {
    const db13 = fleet.host('db13')
    await db13.disconnect()
    expect((await ssh(db13, 'true')).exitCode).toBe(255)
    expect((await db13.exec('true')).status).toBe(0)
    await db13.reconnect()
    expect((await ssh(db13, 'true')).exitCode).toBe(0)
  })
})

test('a host may come without a cluster', async () => {
  const fleet = await bootHosts([{ name: 'spare', suite: 'bookworm', postgres: false, groups: ['spares'] }])
  const { stdout } = await fleet.host('spare').exec('pg_lsclusters --no-header; command -v psql')
  expect(stdout).toBe('/usr/bin/psql\n')
  await fleet.close()
})

test('a host that cannot start its cluster says why, and its fleet is removed', async () => {
  const spec = { name: 'db', suite: 'bookworm', initdbArgs: ['--no-such-option'] } as const
  await expect(bootHosts([spec])).rejects.toThrow(/db went off while it booted:[\s\S]*no-such-option/)
})

test('two fleets run side by side, and of either nothing is left', async () => {
  const spec = { name: 'db', suite: 'trixie' } as const
  const fleets = await Promise.all([bootHosts([spec]), bootHosts([spec])])
  const [first, second] = fleets.map((fleet) => fleet.host('db').address)
  expect(first).not.toBe(second)
  await Promise.all(fleets.map((fleet) => fleet.close()))
  for (const { directory } of fleets) expect(await remains(directory)).toEqual([])
})

test('removal stops before what somebody mounted in the directory of a fleet', async () => {
  const fleet = await bootHosts([{ name: 'db', suite: 'bookworm', postgres: false }])
  const outside = join(fleetFolder, `.outside-${fleet.id}`)
  mkdirSync(outside)
  writeFileSync(join(outside, 'precious'), '')
  mkdirSync(join(fleet.sharedFolder, 'mounted'))
  await $({ quiet: true })`mount --bind ${outside} ${fleet.sharedFolder}/mounted`
  await fleet.close()
  expect(existsSync(fleet.directory)).toBe(false)
  expect(readdirSync(outside)).toEqual(['precious'])
  await $({ quiet: true })`rm -r ${outside}`
})

test('a fleet whose owner was killed is removed by its guard', async () => {
  const directory = await crashAfterBoot('hosts')
  await waitFor('removal', 30, async () => !existsSync(directory))
  expect(await remains(directory)).toEqual([])
})

test('a fleet whose owner and guard were killed is swept by the next boot', async () => {
  const directory = await crashAfterBoot('hosts', { killGuard: true })
  expect((await remains(directory)).length).toBeGreaterThan(3)
  const next = await bootHosts([{ name: 'next', suite: 'bookworm', postgres: false }])
  await next.close()
  expect(await remains(directory)).toEqual([])
})

/** All that a fleet could leave on the machine. */
async function remains(directory: string): Promise<string[]> {
  const number = directory.slice(fleetFolder.length + 1)
  const found = [
    quiet`grep -F ${`${directory}/`} /proc/[0-9]*/mounts`,
    quiet`grep -F ${`lifeboat-${number}-`} /proc/[0-9]*/cgroup`,
    quiet`ps -e -o args= | grep -F ${`${directory}/`} | grep -v grep`,
    quiet`ip -o link | grep -w lbf${number}`,
    quiet`ip -o link | grep lbf${number}h`,
    quiet`ip netns | grep lifeboat-${number}-`,
    quiet`find /sys/fs/cgroup -name ${`lifeboat-${number}-*`}`,
  ]
  const outputs = (await Promise.all(found)).flatMap(({ stdout }) => stdout.split('\n'))
  return [...outputs, existsSync(directory) ? directory : ''].filter((line) => line !== '')
}
