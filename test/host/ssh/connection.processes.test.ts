import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createConnection, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Connection } from '../../../src/host/connection.ts'
import { sshConnection } from '../../../src/host/ssh/connection.ts'
import type { SshOptions } from '../../../src/host/ssh/options.ts'
import { newShared } from '../../../src/host/ssh/shared.ts'
import { failureOf } from '../../failure-of.ts'
import { freePort, sshdForTest, startSshd, type TestSshd } from './sshd.ts'

let sshd: TestSshd
beforeAll(async () => {
  sshd = await startSshd()
})
afterAll(() => sshd.stop())

const opened: Connection[] = []
const connect = (changes: Partial<SshOptions> = {}): Connection => {
  const connection = sshConnection(sshd.options(changes))
  opened.push(connection)
  return connection
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map((connection) => connection.close()))
})

describe('a host that cannot be reached', () => {
  it('refuses', async () => {
    const port = await freePort()
    expect((await failureOf(connect({ port }).session())).message).toBe(
      `db1 (127.0.0.1:${port}) cannot be reached: the connection was refused: nothing listens on the port`,
    )
  })

  it('has a name that does not resolve', async () => {
    const error = await failureOf(connect({ address: 'no-such-host.invalid' }).session())
    expect(error.code).toBe('host/unreachable')
    expect(error.message).toMatch(/the name no-such-host.invalid (does not resolve|cannot be resolved now)/)
  })

  it('accepts the connection and says nothing', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const before = Date.now()
    expect(await failureOf(connect({ port, connectTimeout: 1 }).session())).toMatchObject({
      code: 'host/unreachable',
      message: `db1 (127.0.0.1:${port}) cannot be reached: the ssh handshake did not end within 1s`,
    })
    expect(Date.now() - before).toBeLessThan(3000)
    server.close()
  })

  it('hangs up', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    expect((await failureOf(connect({ port }).session())).code).toBe('host/unreachable')
    server.close()
  })
})

describe('an ssh server with few places', () => {
  it('gets all logins in time (MaxStartups)', async () => {
    const crowded = await sshdForTest([], ['MaxStartups 3:60:4', 'LoginGraceTime 20'])
    const shared = newShared()
    const connections = Array.from({ length: 30 }, () => sshConnection(crowded.options(), shared))
    const sessions = await Promise.all(connections.map((connection) => connection.session()))
    expect(sessions).toHaveLength(30)
    await Promise.all(connections.map((connection) => connection.close()))
  })

  it('is left alone when it is full for good', async () => {
    const full = await sshdForTest([], ['MaxStartups 1'])
    const place = createConnection(full.port, '127.0.0.1')
    await once(place, 'data')
    const error = await failureOf(sshConnection(full.options()).session())
    expect(error).toMatchObject({ code: 'host/unreachable', data: { cause: 'dropped' } })
    expect(error.message).toMatch(/MaxStartups/)
    place.destroy()
  })

  it.each([
    [
      'HTTP/1.1 400 Bad Request\r\n\r\n',
      'handshake',
      'what listens there is no ssh server: it said "HTTP/1.1 400 Bad Request"',
    ],
    ['Not allowed at this time\r\n', 'penalty', 'its ssh server does not talk to this address for a while'],
  ])('says %j', async (greeting, cause, why) => {
    const server = createServer((socket) => socket.end(greeting)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const error = await failureOf(connect({ port }).session())
    expect(error).toMatchObject({ message: `db1 (127.0.0.1:${port}) cannot be reached: ${why}`, data: { cause } })
    server.close()
  })
})

describe('host keys', () => {
  it('refuses a host that no known_hosts has', async () => {
    const error = await failureOf(connect({ knownHostsFiles: ['/nowhere/known_hosts'] }).session())
    expect(error.code).toBe('host/unknown-host-key')
    expect(error.message).toMatch(
      /^db1 \(\[127\.0\.0\.1\]:\d+\) shows the ssh-ed25519 key SHA256:\S{43}, which is not known$/,
    )
    expect(error.hints).toEqual([
      'compare the fingerprint on the host: ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub',
      `then accept it with --accept-new-host-keys, or add it: ssh-keyscan -p ${sshd.port} 127.0.0.1 >> /nowhere/known_hosts`,
    ])
  })

  it('accepts a new host and remembers it', async () => {
    const file = join(sshd.folder, 'accepted', 'known_hosts')
    await connect({ knownHostsFiles: [file], strictHostKeyChecking: 'accept-new' }).session()
    expect(readFileSync(file, 'utf8')).toBe(`[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`)
    await connect({ knownHostsFiles: [file] }).session()
  })

  it.each(['yes', 'accept-new'] as const)('refuses a changed key with %s', async (strictHostKeyChecking) => {
    const file = join(sshd.folder, 'changed')
    execFileSync('ssh-keygen', [
      '-q',
      '-t',
      'ed25519',
      '-N',
      '',
      '-f',
      join(sshd.folder, `other-${strictHostKeyChecking}`),
    ])
    const other = readFileSync(join(sshd.folder, `other-${strictHostKeyChecking}.pub`), 'utf8').split(' ')
    writeFileSync(file, `# a comment\n[127.0.0.1]:${sshd.port} ${other[0]} ${other[1]}\n`)
    const error = await failureOf(connect({ knownHostsFiles: [file], strictHostKeyChecking }).session())
    expect(error.code).toBe('host/changed-host-key')
    expect(error.message).toContain(`but ${file}:2 has another ssh-ed25519 key for it`)
  })

  it('asks for the key types that are known', async () => {
    const rsa = join(sshd.folder, 'rsa_key')
    execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', rsa])
    const second = await sshdForTest([], [`HostKey ${rsa}`])
    writeFileSync(second.knownHosts, `[127.0.0.1]:${second.port} ${readFileSync(`${rsa}.pub`, 'utf8')}`)
    const connection = sshConnection(second.options())
    expect((await (await connection.session()).run('echo known')).stdout).toBe('known\n')
    await connection.close()
  })

  it('looks into several files, and goes by an alias', async () => {
    const [first, second] = [join(sshd.folder, 'first'), join(sshd.folder, 'second')]
    writeFileSync(first, '# nobody\n')
    writeFileSync(second, `alias ${sshd.hostKey}\n`)
    const session = await connect({ knownHostsFiles: ['/nowhere', first, second], hostKeyAlias: 'alias' }).session()
    expect((await session.run('echo in')).stdout).toBe('in\n')
  })

  it('refuses an authority instead of a key, whoever accepts new ones', async () => {
    const [authority, hostKey] = [join(sshd.folder, 'authority'), join(sshd.folder, 'certified')]
    for (const file of [authority, hostKey]) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file])
    execFileSync('ssh-keygen', ['-q', '-s', authority, '-I', 'db1', '-h', '-n', '127.0.0.1', `${hostKey}.pub`])
    const certified = await sshdForTest([], [`HostKey ${hostKey}`, `HostCertificate ${hostKey}-cert.pub`])
    writeFileSync(certified.knownHosts, `@cert-authority [127.0.0.1]:* ${readFileSync(`${authority}.pub`)}`)
    const connection = sshConnection(certified.options({ strictHostKeyChecking: 'accept-new' }))
    const error = await failureOf(connection.session())
    expect(error.code).toBe('host/unknown-host-key')
    expect(error.hints[0]).toContain(`${certified.knownHosts}:1 trusts an authority for it, but certificates of hosts`)
  })

  it.each(['yes', 'no'] as const)('refuses a revoked key with %s', async (strictHostKeyChecking) => {
    const file = join(sshd.folder, 'revoked')
    writeFileSync(file, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n@revoked * ${sshd.hostKey}\n`)
    const error = await failureOf(connect({ knownHostsFiles: [file], strictHostKeyChecking }).session())
    expect(error.code).toBe('host/revoked-host-key')
    expect(error.message).toContain(`which ${file}:2 marks as revoked`)
    const list = join(sshd.folder, 'revoked_keys')
    writeFileSync(list, `# stolen\n${sshd.hostKey} comment\n`)
    expect((await failureOf(connect({ revokedHostKeys: list, strictHostKeyChecking }).session())).message).toBe(
      `db1 shows a key that ${list}:2 names as revoked`,
    )
  })

  it('checks nothing where that was asked for', async () => {
    const session = await connect({ knownHostsFiles: ['/dev/null'], strictHostKeyChecking: 'no' }).session()
    expect((await session.run('echo in')).stdout).toBe('in\n')
  })
})

describe('logging in', () => {
  it('lists what was tried', async () => {
    const strange = join(sshd.folder, 'strange_key')
    const locked = join(sshd.folder, 'locked_key')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', strange])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'passphrase', '-f', locked])
    const error = await failureOf(connect({ identityFiles: [strange, locked, '/no/key', `${strange}.pub`] }).session())
    expect(error.code).toBe('host/auth')
    expect(error.message).toContain(
      `did not let ${sshd.options().user} in; tried: key ${strange}, key ${locked}, key /no/key (cannot be read: ENOENT), ` +
        `key ${strange}.pub (is a public key); it offers publickey`,
    )
    expect(error.hints[0]).toBe(
      'name a key with --private-key or ansible_ssh_private_key_file, or give a password with -k (--ask-pass)',
    )
  })
})
