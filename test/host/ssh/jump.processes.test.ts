import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Connection } from '../../../src/host/connection.ts'
import { putFile } from '../../../src/host/files.ts'
import { hostOpener, type OpenHost } from '../../../src/host/open.ts'
import { failureOf } from '../../failure-of.ts'
import { isRoot, sshdForTest, startSshd, type TestSshd } from './sshd.ts'

const opened: Connection[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((connection) => connection.close()))
})

/** The lines of ssh_config that lead to an sshd. */
const entry = (name: string, sshd: TestSshd, ...more: readonly string[]): string =>
  [
    `Host ${name}`,
    `  HostName ${sshd.address}`,
    `  Port ${sshd.port}`,
    `  IdentityFile ${sshd.clientKey}`,
    `  UserKnownHostsFile ${sshd.knownHosts}`,
    '  GlobalKnownHostsFile /dev/null',
    ...more.map((line) => `  ${line}`),
    '',
  ].join('\n')

/** Opens hosts with a configuration file of their own. */
const withConfig = (folder: string, text: string): OpenHost => {
  const file = join(folder, `config-${createHash('sha1').update(text).digest('hex').slice(0, 8)}`)
  writeFileSync(file, text)
  const open = hostOpener()
  return (name, variables) => {
    const connection = open(name, { ansible_ssh_common_args: `-F ${file}`, ...variables })
    opened.push(connection)
    return connection
  }
}

const says = async (connection: Connection, script: string): Promise<string> =>
  (await (await connection.session()).run(script)).stdout

describe('a jump host', () => {
  let bastion: TestSshd
  let target: TestSshd
  beforeAll(async () => {
    ;[bastion, target] = await Promise.all([startSshd(), startSshd()])
  })
  afterAll(() => Promise.all([bastion.stop(), target.stop()]))

  it('carries the connections to all hosts behind it on one of its own', async () => {
    const open = withConfig(bastion.folder, entry('db*', target, 'ProxyJump bastion') + entry('bastion', bastion))
    const hosts = Array.from({ length: 12 }, (_, index) => open(`db${index}`, {}))
    const said = await Promise.all(hosts.map((host) => says(host, 'echo "$SSH_CONNECTION"')))
    for (const line of said) expect(line).toMatch(new RegExp(` 127.0.0.1 ${target.port}\n$`))
    expect([bastion.connections(), target.connections()]).toEqual([1, 12])
    await Promise.all(hosts.slice(0, 11).map((host) => host.close()))
    expect(await says(hosts[11] as Connection, 'echo still')).toBe('still\n')
    await hosts[11]?.close()
    await sleep(300)
    expect([bastion.connections(), target.connections()]).toEqual([0, 0])
  })

  it('carries large files', async () => {
    const open = withConfig(bastion.folder, entry('db1', target, 'ProxyJump bastion') + entry('bastion', bastion))
    const path = join(target.folder, 'large')
    const content = Buffer.alloc(20_000_000, 'lifeboat')
    await putFile(await open('db1', {}).session(), path, content)
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it('is lost for all hosts behind it, and opened again', async () => {
    const open = withConfig(bastion.folder, entry('db1', target, 'ProxyJump bastion') + entry('bastion', bastion))
    const session = await open('db1', {}).session()
    const script = failureOf(session.run('sleep 5'))
    await sleep(200)
    bastion.killConnections()
    expect((await script).code).toBe('host/lost')
    expect((await session.run('echo again')).stdout).toBe('again\n')
  })

  it('has a host key of its own that is verified', async () => {
    const wrong = join(bastion.folder, 'wrong_hosts')
    writeFileSync(wrong, `[127.0.0.1]:${bastion.port} ${target.hostKey}\n`)
    const jump = `Host bastion\n  UserKnownHostsFile ${wrong}\n`
    const open = withConfig(
      bastion.folder,
      entry('db1', target, 'ProxyJump bastion') + jump + entry('bastion', bastion),
    )
    const error = await failureOf(open('db1', { ansible_host_key_checking: false }).session())
    expect(error.code).toBe('host/changed-host-key')
    expect(error.message).toMatch(
      /^db1 is reached through bastion, but bastion \(\[127\.0\.0\.1\]:\d+\) shows the ssh-ed25519 key SHA256:\S+, but .*wrong_hosts:1 has another/,
    )
    expect(error.hints[1]).toContain(`ssh-keygen -f ${wrong} -R '[127.0.0.1]:${bastion.port}'`)
  })

  it('does not vouch for the key of the host behind it', async () => {
    const behind = `Host db1\n  UserKnownHostsFile /nowhere\n`
    const open = withConfig(
      bastion.folder,
      behind + entry('db1', target, 'ProxyJump bastion') + entry('bastion', bastion),
    )
    expect((await failureOf(open('db1', {}).session())).code).toBe('host/unknown-host-key')
  })

  it('says who did not let us in', async () => {
    const jump = `Host bastion\n  IdentityFile none\n  IdentityAgent none\n`
    const open = withConfig(
      bastion.folder,
      entry('db1', target, 'ProxyJump bastion') +
        jump +
        entry('other', bastion) +
        `Host bastion\n  HostName 127.0.0.1\n  Port ${bastion.port}\n  UserKnownHostsFile ${bastion.knownHosts}\n`,
    )
    const error = await failureOf(open('db1', {}).session())
    expect(error.code).toBe('host/auth')
    expect(error.message).toContain(
      `db1 is reached through bastion, but bastion (127.0.0.1:${bastion.port}) did not let ${userInfo().username} in; ` +
        'tried: nothing, as there is no key, no agent and no password; it offers publickey',
    )
  })

  it('says why the host behind it is not reached', async () => {
    const open = withConfig(
      bastion.folder,
      `Host db1\n  Port 1\n  HostName 127.0.0.1\n  ProxyJump bastion\n${entry('bastion', bastion)}`,
    )
    expect(await failureOf(open('db1', {}).session())).toMatchObject({
      message:
        'db1 (127.0.0.1:1) cannot be reached through bastion: the connection was refused: nothing listens on the port',
      data: { cause: 'refused' },
    })
  })

  it('may not forward', async () => {
    const closed = await sshdForTest([], ['AllowTcpForwarding no'])
    const open = withConfig(bastion.folder, entry('db1', target, 'ProxyJump bastion') + entry('bastion', closed))
    expect(await failureOf(open('db1', {}).session())).toMatchObject({
      code: 'host/unreachable',
      message: expect.stringContaining('through bastion: the jump host does not forward to it'),
      data: { cause: 'route' },
    })
  })
})

describe('a proxy command', () => {
  let bastion: TestSshd
  let target: TestSshd
  beforeAll(async () => {
    ;[bastion, target] = await Promise.all([startSshd(), startSshd()])
  })
  afterAll(() => Promise.all([bastion.stop(), target.stop()]))

  it('is what Ansible inventories have: ssh -W in ansible_ssh_common_args', async () => {
    const config = join(bastion.folder, 'proxy-config')
    writeFileSync(config, entry('bastion', bastion))
    const { ansible_private_key_file, ...variables } = {
      ansible_host: '127.0.0.1',
      ansible_port: target.port,
      ansible_private_key_file: target.clientKey,
      ansible_ssh_extra_args: `-o UserKnownHostsFile=${target.knownHosts}`,
    }
    for (const common of [
      `-o ProxyCommand="ssh -F ${config} -W %h:%p bastion"`,
      `-F ${config} -o ProxyJump=bastion`,
      `-F ${config} -J bastion`,
    ]) {
      const connection = hostOpener()('db1', {
        ansible_private_key_file,
        ...variables,
        ansible_ssh_common_args: common,
      })
      opened.push(connection)
      expect(await says(connection, 'echo in')).toBe('in\n')
      expect(bastion.connections()).toBe(1)
      await connection.close()
      await sleep(200)
      expect([bastion.connections(), target.connections()]).toEqual([0, 0])
    }
  })

  it('says why it failed', async () => {
    const failing = `sh -c 'echo "no way through" >&2; exit 3'`
    const open = withConfig(bastion.folder, entry('db1', target, `ProxyCommand ${failing}`))
    expect(await failureOf(open('db1', {}).session())).toMatchObject({
      message: `db1 (127.0.0.1:${target.port}) cannot be reached: its ProxyCommand failed: no way through`,
      data: { cause: 'proxy' },
    })
    const missing = withConfig(bastion.folder, entry('db1', target, 'ProxyCommand /no/such/program %h'))
    expect((await failureOf(missing('db1', {}).session())).message).toMatch(
      /its ProxyCommand failed: .*(not found|No such)/,
    )
  })
})

describe.skipIf(!isRoot)('a host that is reached only through others', () => {
  const namespace = `lb-reach-${process.pid}`
  const [here, there] = [`10.214.${process.pid % 256}.1`, `10.214.${process.pid % 256}.2`]
  const ip = (...args: readonly string[]): void => void execFileSync('ip', args)
  let outer: TestSshd
  let inner: TestSshd
  let target: TestSshd
  beforeAll(async () => {
    const link = `lbr${process.pid % 100_000}`
    ip('netns', 'add', namespace)
    ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
    ip('address', 'add', `${here}/30`, 'dev', link)
    ip('link', 'set', link, 'up')
    for (const device of ['lo', 'eth0']) ip('-n', namespace, 'link', 'set', device, 'up')
    ip('-n', namespace, 'address', 'add', `${there}/30`, 'dev', 'eth0')
    outer = await startSshd()
    inner = await startSshd([], [], { namespace, address: there })
    target = await startSshd([], [], { namespace })
  })
  afterAll(async () => {
    await Promise.all([outer?.stop(), inner?.stop(), target?.stop()])
    ip('netns', 'delete', namespace)
  })

  it('is not reached without them', async () => {
    const open = withConfig(outer.folder, entry('db1', target))
    expect((await failureOf(open('db1', {}).session())).data).toEqual({ cause: 'refused' })
  })

  it.each([
    ['the one beside it', 'ProxyJump inner'],
    ['a chain', 'ProxyJump outer,inner'],
    ['a chain that the second of them asks for', 'ProxyJump deep'],
  ])('is reached through %s', async (_name, jump) => {
    const open = withConfig(
      outer.folder,
      entry('db1', target, jump) +
        entry('inner', inner) +
        entry('outer', outer) +
        entry('deep', inner, 'ProxyJump outer'),
    )
    expect(await says(open('db1', {}), 'echo "$SSH_CONNECTION"')).toMatch(
      new RegExp(`^127\\.0\\.0\\.1 \\d+ 127\\.0\\.0\\.1 ${target.port}\n$`),
    )
    expect([outer.connections(), inner.connections()]).toEqual([jump === 'ProxyJump inner' ? 0 : 1, 1])
  })
})
