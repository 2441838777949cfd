import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bootHosts, type FleetHost, type HostFleet } from '../fleet/hosts/index.ts'
import { makeKey } from '../fleet/ssh-keys.ts'
import { shell } from './support/cluster.ts'
import { type RunDocument, resultOf } from './support/document.ts'
import { Lifeboat } from './support/lifeboat.ts'

let fleet: HostFleet
let lifeboat: Lifeboat
let knownHosts: string

beforeAll(async () => {
  fleet = await bootHosts(
    ['web1', 'web2', 'web3'].map((name) => ({ name, suite: 'bookworm' as const, postgres: false, groups: ['web'] })),
  )
  knownHosts = join(fleet.directory, 'known_hosts_of_the_test')
  lifeboat = new Lifeboat(['-i', fleet.inventoryFile, '-T', '3'])
})

afterAll(async () => {
  lifeboat?.close()
  await fleet?.close()
})

const playbook = (text: string): string => {
  const path = join(fleet.directory, 'playbook.yml')
  writeFileSync(path, text)
  return path
}

const twoTasks = (second = 'true'): string =>
  playbook(`- hosts: web
  gather_facts: false
  tasks:
    - name: First
      command: "true"
      changed_when: false
    - name: Second
      command: ${second}
      changed_when: false
`)

const codeOf = (document: RunDocument, host: string, task: string): string | undefined =>
  (resultOf(document, host, task).error as { code: string } | undefined)?.code

describe('a host that is down', () => {
  let down: FleetHost

  beforeAll(async () => {
    down = fleet.host('web2')
    await down.kill()
  })

  afterAll(() => down.start())

  it('is reported unreachable, and the others go on: exit status 4', async () => {
    const { status, stdout } = await lifeboat.play(twoTasks())
    expect(status).toBe(4)
    expect(stdout).toMatch(/^web1 : ok=2 changed=0 unreachable=0 failed=0 /m)
    expect(stdout).toMatch(/^web2 : ok=0 changed=0 unreachable=1 failed=0 /m)
    expect(stdout).toMatch(/^web3 : ok=2 changed=0 unreachable=0 failed=0 /m)
    expect(stdout).toContain('error[host/unreachable]')
    expect(stdout).toContain(down.address)
  })

  it('is unreachable in JSON too, and was asked only once', async () => {
    const { status, document } = await lifeboat.playJson(twoTasks())
    expect(status).toBe(4)
    expect(resultOf(document, 'web2', 'First')).toMatchObject({ unreachable: true, failed: false, changed: false })
    expect(() => resultOf(document, 'web2', 'Second')).toThrow('no result')
    expect(document.stats.web2).toMatchObject({ unreachable: 1, failures: 0, ok: 0 })
  })

  it('counts less than a host that failed: exit status 2', async () => {
    const { status, document } = await lifeboat.playJson(twoTasks('test {{ inventory_hostname }} = web1'))
    expect(status).toBe(2)
    expect(document.stats).toMatchObject({ web1: { ok: 2 }, web2: { unreachable: 1 }, web3: { failures: 1 } })
  })

  it('can be passed over with ignore_unreachable', async () => {
    const path = playbook(`- hosts: web
  gather_facts: false
  ignore_unreachable: true
  tasks:
    - name: First
      command: "true"
      changed_when: false
`)
    const { status, document } = await lifeboat.playJson(path)
    expect(status).toBe(0)
    expect(resultOf(document, 'web2', 'First')).toMatchObject({ unreachable: true, ignored: true })
  })

  it('is no reason to wait longer than the timeout', async () => {
    const began = performance.now()
    await lifeboat.play(twoTasks(), '-l', 'web2')
    expect((performance.now() - began) / 1000).toBeLessThan(10)
  })
})

describe('a host that goes down in the middle of a task', () => {
  it('is reported unreachable as soon as ServerAliveInterval tells, and the others go on', async () => {
    const dying = fleet.host('web3')
    const path = playbook(`- hosts: web
  gather_facts: false
  tasks:
    - name: Long
      shell: touch /tmp/begun && sleep {{ 600 if inventory_hostname == 'web3' else 1 }}
    - name: After it
      command: "true"
`)
    const often = `ansible_ssh_extra_args='-o ServerAliveInterval=1'`
    const run = lifeboat.startPlay(path, '--output', 'json', '-e', often)
    for (let tries = 0; tries < 100 && (await dying.exec('test -e /tmp/begun')).status !== 0; tries++) await sleep(100)
    await dying.kill()
    const { status, stdout } = await run.outcome
    const document = JSON.parse(stdout) as RunDocument
    expect(status).toBe(4)
    expect(codeOf(document, 'web3', 'Long')).toBe('host/lost')
    expect(document.stats).toMatchObject({ web1: { ok: 2 }, web2: { ok: 2 }, web3: { ok: 0, unreachable: 1 } })
    await dying.start()
  })
})

describe('host keys', () => {
  const withKnownHosts = (...args: readonly string[]) =>
    lifeboat.playJson(twoTasks(), '-e', `ansible_ssh_common_args='-o UserKnownHostsFile=${knownHosts}'`, ...args)
  const lines = (): string[] => readFileSync(fleet.knownHostsFile, 'utf8').split('\n').filter(Boolean)

  beforeEach(() => writeFileSync(knownHosts, `${lines().join('\n')}\n`))

  it('a key that changed is refused, and nothing runs on that host', async () => {
    const { address } = fleet.host('web1')
    const [type, blob] = (await makeKey(join(fleet.directory, 'stranger'), 'ed25519', 'stranger')).split(' ')
    const others = lines().filter((line) => !line.startsWith(`${address} `))
    writeFileSync(knownHosts, `${others.join('\n')}\n${address} ${type} ${blob}\n`)
    const { status, document } = await withKnownHosts()
    expect(status).toBe(4)
    expect(codeOf(document, 'web1', 'First')).toBe('host/changed-host-key')
    expect(document.stats).toMatchObject({ web1: { unreachable: 1 }, web2: { ok: 2 }, web3: { ok: 2 } })

    const accepted = await withKnownHosts('--accept-new-host-keys')
    expect(codeOf(accepted.document, 'web1', 'First')).toBe('host/changed-host-key')
  })

  it('a key that is not known is refused, with what to do', async () => {
    writeFileSync(knownHosts, '')
    const { status, document } = await withKnownHosts('-l', 'web1')
    expect(status).toBe(4)
    expect(codeOf(document, 'web1', 'First')).toBe('host/unknown-host-key')
    const { hints } = resultOf(document, 'web1', 'First').error as { hints: string[] }
    expect(hints.join('\n')).toContain('--accept-new-host-keys')
    expect(readFileSync(knownHosts, 'utf8')).toBe('')
  })

  it('a key that is not known is taken with --accept-new-host-keys, and known from then on', async () => {
    writeFileSync(knownHosts, '')
    const accepted = await withKnownHosts('--accept-new-host-keys')
    expect(accepted.status).toBe(0)
    const learnt = readFileSync(knownHosts, 'utf8')
    // Plain or hashed, as the ssh_config of this machine has it.
    for (const { address } of Object.values(fleet.hosts)) {
      expect(execFileSync('ssh-keygen', ['-F', address, '-f', knownHosts], { encoding: 'utf8' })).toContain('ssh-')
    }
    const again = await withKnownHosts()
    expect(again.status).toBe(0)
    expect(readFileSync(knownHosts, 'utf8')).toBe(learnt)
  })

  it('a login that the host does not accept is unreachable, and says what was tried', async () => {
    await makeKey(join(fleet.directory, 'not-mine'), 'ed25519', 'not-mine')
    const { status, document } = await lifeboat.playJson(
      twoTasks(),
      '-l',
      'web1',
      '-e',
      `ansible_ssh_private_key_file=${join(fleet.directory, 'not-mine')}`,
    )
    expect(status).toBe(4)
    expect(codeOf(document, 'web1', 'First')).toBe('host/auth')
  })
})

describe('becoming another user', () => {
  it('fails the task, not the connection, where it is refused', async () => {
    const host = fleet.host('web1')
    await shell(host, 'mv /etc/sudoers.d /etc/sudoers.d.away')
    const { status, document } = await lifeboat.playJson(twoTasks(), '-b')
    await shell(host, 'mv /etc/sudoers.d.away /etc/sudoers.d')
    expect(status).toBe(2)
    expect(codeOf(document, 'web1', 'First')).toMatch(/^host\/become/)
    expect(document.stats).toMatchObject({ web1: { failures: 1, unreachable: 0 }, web2: { ok: 2 } })
  })
})
