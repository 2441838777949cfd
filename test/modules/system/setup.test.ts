import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { cpus, hostname, tmpdir, totalmem, userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { distributionFacts } from '../../../src/modules/shared/facts/distribution.ts'
import { networkFacts } from '../../../src/modules/shared/facts/network.ts'
import setup from '../../../src/modules/system/setup.ts'
import { run } from '../harness.ts'

const gather = async (
  params: Record<string, string | string[]> = {},
  environment = {},
): Promise<Record<string, unknown>> =>
  (await run(setup, params, { environment, name: 'setup' })).fields?.ansible_facts as Record<string, unknown>

describe('setup', () => {
  it('tells of this machine what Node and the shell know of it', async () => {
    const facts = await gather({}, { FROM_TASK: "it's\ntwo lines" })
    const user = userInfo()
    expect(facts).toMatchObject({
      ansible_system: 'Linux',
      ansible_nodename: hostname(),
      ansible_hostname: hostname().split('.')[0],
      ansible_kernel: execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim(),
      ansible_processor_nproc: cpus().length,
      ansible_memtotal_mb: Math.floor(totalmem() / 1024 / 1024),
      ansible_user_id: user.username,
      ansible_user_uid: user.uid,
      ansible_user_dir: user.homedir,
      ansible_user_shell: user.shell,
      ansible_pkg_mgr: 'apt',
      ansible_os_family: 'Debian',
      ansible_env: { FROM_TASK: "it's\ntwo lines" },
      ansible_python_version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      ansible_local: {},
      module_setup: true,
    })
    const { epoch, tz_offset, iso8601 } = facts.ansible_date_time as Record<string, string>
    expect(Number(epoch)).toBeCloseTo(Date.now() / 1000, -2)
    expect(tz_offset).toMatch(/^[+-]\d{4}$/)
    expect(Date.parse(iso8601 ?? '') / 1000).toBe(Number(epoch))
    const root = (facts.ansible_mounts as Record<string, unknown>[]).find(({ mount }) => mount === '/')
    if (root !== undefined) expect(root.size_total).toBeGreaterThan(0)
  })

  it('gathers only what is asked for', async () => {
    expect(await gather({ gather_subset: '!all,!min' })).toEqual({
      ansible_local: {},
      gather_subset: ['!all', '!min'],
      module_setup: true,
    })
    const network = await gather({ gather_subset: ['!all', 'network'] })
    expect(network).toHaveProperty('ansible_all_ipv4_addresses')
    expect(network).toHaveProperty('ansible_distribution')
    expect(network).not.toHaveProperty('ansible_memtotal_mb')
    expect(Object.keys(await gather({ filter: 'ansible_mem*,kernel' })).sort()).toEqual([
      'ansible_kernel',
      'ansible_memfree_mb',
      'ansible_memory_mb',
      'ansible_memtotal_mb',
      'gather_subset',
      'module_setup',
    ])
    await expect(gather({ gather_subset: 'hardwear' })).rejects.toThrow(
      /"gather_subset\[0\]" of setup must be one of all, min/,
    )
  })

  it('reads facts of the user: JSON, INI and programs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lb-facts-'))
    writeFileSync(join(folder, 'a.fact'), '{"cluster": {"port": 5433}}')
    writeFileSync(join(folder, 'b.fact'), '[pg]\nData Dir = /srv/pg\n')
    writeFileSync(join(folder, 'c.fact'), '#!/bin/sh\necho \'["x"]\'\n')
    writeFileSync(join(folder, 'd.fact'), '#!/bin/sh\nexit 3\n')
    writeFileSync(join(folder, 'e.fact'), 'neither')
    for (const name of ['c', 'd']) chmodSync(join(folder, `${name}.fact`), 0o755)
    expect((await gather({ fact_path: folder, filter: 'local' })).ansible_local).toEqual({
      a: { cluster: { port: 5433 } },
      b: { pg: { 'data dir': '/srv/pg' } },
      c: ['x'],
      d: 'error: the program d.fact failed',
      e: 'error: e.fact is neither JSON nor INI',
    })
  })
})

describe('distributions', () => {
  it.each<[string, Record<string, string>, string[]]>([
    [
      'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm',
      { debian_version: '12.11' },
      ['Debian', 'Debian', '12.11', '12', 'bookworm'],
    ],
    [
      'ID=debian\nVERSION_CODENAME=forky',
      { debian_version: 'forky/sid\n' },
      ['Debian', 'Debian', 'forky/sid', 'forky/sid', 'forky'],
    ],
    [
      'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nVERSION_CODENAME=noble',
      {},
      ['Ubuntu', 'Debian', '24.04', '24', 'noble'],
    ],
    [
      'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION="9.3 (Blue Onyx)"\nVERSION_ID="9.3"',
      {},
      ['Rocky', 'RedHat', '9.3', '9', 'Blue Onyx'],
    ],
    [
      'ID=centos\nVERSION_ID="7"\nVERSION="7 (Core)"',
      { redhat_release: 'CentOS Linux release 7.9.2009 (Core)' },
      ['CentOS', 'RedHat', '7.9.2009', '7', 'Core'],
    ],
    ['ID=alpine\nVERSION_ID=3.19.1', {}, ['Alpine', 'Alpine', '3.19.1', '3', 'NA']],
    ['NAME="Own Linux"\nID=own\nID_LIKE=suse', {}, ['Own', 'Suse', 'NA', 'NA', 'NA']],
  ])('%s', (os_release, others, expected) => {
    const facts = distributionFacts(new Map(Object.entries({ os_release, ...others })))
    expect([
      facts.distribution,
      facts.os_family,
      facts.distribution_version,
      facts.distribution_major_version,
      facts.distribution_release,
    ]).toEqual(expected)
  })
})

it('finds the default address without the program ip', () => {
  const routes = 'Iface\tDestination\tGateway\nens3\t00000000\t0101A8C0\t0003\n'
  const facts = networkFacts(new Map(Object.entries({ all_addresses: '192.168.1.7 fd00::7 ', routes })), [
    'ens3|52:54:00:00:00:01|1500|up|1|0x1003||',
  ])
  expect(facts).toMatchObject({
    interfaces: ['ens3'],
    all_ipv4_addresses: ['192.168.1.7'],
    all_ipv6_addresses: ['fd00::7'],
    default_ipv4: { interface: 'ens3', gateway: '192.168.1.1', address: '192.168.1.7' },
    ens3: { active: true, type: 'ether', mtu: 1500, macaddress: '52:54:00:00:00:01' },
  })
})
