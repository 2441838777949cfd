import { execFileSync, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { LifeboatError } from '../../../src/base/errors.ts'
import type { Connection } from '../../../src/host/connection.ts'
import { putFile } from '../../../src/host/files.ts'
import { hostShell } from '../../../src/host/shell/host-shell.ts'
import { sshConnection } from '../../../src/host/ssh/connection.ts'
import type { SshOptions } from '../../../src/host/ssh/options.ts'
import { freePort, isRoot, startSshd, type TestSshd } from './sshd.ts'

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

const failure = async (work: Promise<unknown>): Promise<LifeboatError> =>
  (await work.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  )) as LifeboatError

const running = (pattern: string): string =>
  execFileSync('ps', ['-A', '-o', 'stat=,args='])
    .toString()
    .split('\n')
    .filter((line) => line.includes(pattern) && !line.startsWith('Z'))
    .join('\n')

describe('sshConnection', () => {
  it('runs scripts, one round trip each', async () => {
    const session = await connect().session()
    expect(await session.run('echo out; echo err >&2; exit 3')).toMatchObject({
      status: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    })
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    expect((await session.run('cat', { stdin: bytes })).stdoutBytes.equals(bytes)).toBe(true)
    expect((await session.run('head -c 20000000 /dev/zero; head -c 3000000 /dev/zero >&2')).stdoutBytes.length).toBe(
      20_000_000,
    )
  })

  it('keeps Nagle out of the way: a script is a matter of milliseconds', async () => {
    const session = await connect().session()
    const times: number[] = []
    for (let i = 0; i < 40; i++) {
      const before = performance.now()
      await session.run('true')
      times.push(performance.now() - before)
    }
    expect(times.sort((a, b) => a - b)[20]).toBeLessThan(30)
  })

  it('carries bulk data with back-pressure', { timeout: 60_000 }, async () => {
    const session = await connect().session()
    const process = await session.start('head -c 300000000 /dev/zero')
    process.stderr.resume()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(process.stdout.readableLength).toBeLessThan(5_000_000)
    let size = 0
    for await (const chunk of process.stdout) size += (chunk as Buffer).length
    expect(size).toBe(300_000_000)
    expect(await process.ended).toEqual({ status: 0 })
  })

  it('writes a large file', async () => {
    const session = await connect().session()
    const path = join(sshd.folder, 'large')
    const content = Buffer.alloc(5_000_000, 'lifeboat')
    await putFile(session, path, content, { mode: '0600' })
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it('queues what is more than sshd allows on one connection', async () => {
    const session = await connect().session()
    const outputs = await Promise.all(
      Array.from({ length: 25 }, async (_, index) => {
        const process = await session.start(`cat; echo ${index}; sleep 0.05`)
        process.stderr.resume()
        process.stdin.end('in ')
        let output = ''
        for await (const chunk of process.stdout) output += chunk
        await process.ended
        return output
      }),
    )
    expect(outputs).toEqual(Array.from({ length: 25 }, (_, index) => `in ${index}\n`))
  })

  it('stops a script on abort, while every place for bulk is taken', async () => {
    const session = await connect().session()
    const held = await Promise.all(Array.from({ length: 6 }, () => session.start('sleep 51.25')))
    for (const process of held) {
      process.stdout.resume()
      process.stderr.resume()
    }
    const error = await failure(session.run('sleep 51.25 & sleep 51.25', { timeout: 0.3 }))
    expect(error.code).toBe('host/timeout')
    await Promise.all(held.map((process) => process.kill()))
    expect(await Promise.all(held.map((process) => process.ended))).toEqual(held.map(() => ({ status: 143 })))
    expect(running('sleep 51.25')).toBe('')
  })

  it('says that the connection was lost, and opens a new one', async () => {
    const session = await connect().session()
    const process = await session.start('sleep 3')
    const script = session.run('echo half; sleep 3')
    setTimeout(() => sshd.killConnections(), 200)
    const error = await failure(script)
    expect(error.code).toBe('host/lost')
    expect(error.message).toMatch(/^the connection to db1 broke while a script ran as \w+: /)
    expect((await failure(process.ended)).code).toBe('host/lost')
    expect((await session.run('echo again')).stdout).toBe('again\n')
  })

  it('says in zx that the connection was lost', async () => {
    const $ = hostShell(await connect().session())
    const command = $`sleep 3`
    setTimeout(() => sshd.killConnections(), 200)
    expect(((await failure(command)) as Error & { cause?: unknown }).cause).toMatchObject({ code: 'host/lost' })
  })

  it('stops what runs when it is closed', async () => {
    const connection = connect()
    const session = await connection.session()
    const script = failure(session.run('sleep 52.25'))
    const process = await session.start('sleep 52.25')
    process.stdout.resume()
    process.stderr.resume()
    await connection.close()
    expect(running('sleep 52.25')).toBe('')
    await script
  })
})

describe('a host that cannot be reached', () => {
  it('refuses', async () => {
    const port = await freePort()
    expect((await failure(connect({ port }).session())).message).toBe(
      `db1 (127.0.0.1:${port}) cannot be reached: the connection was refused: nothing listens on the port`,
    )
  })

  it('has a name that does not resolve', async () => {
    const error = await failure(connect({ address: 'no-such-host.invalid' }).session())
    expect(error.code).toBe('host/unreachable')
    expect(error.message).toMatch(/the name no-such-host.invalid (does not resolve|cannot be resolved now)/)
  })

  it('accepts the connection and says nothing', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const before = Date.now()
    expect(await failure(connect({ port, connectTimeout: 1 }).session())).toMatchObject({
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
    expect((await failure(connect({ port }).session())).code).toBe('host/unreachable')
    server.close()
  })
})

describe('host keys', () => {
  it('refuses a host that no known_hosts has', async () => {
    const error = await failure(connect({ knownHostsFiles: ['/nowhere/known_hosts'] }).session())
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
    const error = await failure(connect({ knownHostsFiles: [file], strictHostKeyChecking }).session())
    expect(error.code).toBe('host/changed-host-key')
    expect(error.message).toContain(`but ${file}:2 has another ssh-ed25519 key for it`)
  })

  it('asks for the key types that are known', async () => {
    const rsa = join(sshd.folder, 'rsa_key')
    execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', rsa])
    const second = await startSshd([], [`HostKey ${rsa}`])
    writeFileSync(second.knownHosts, `[127.0.0.1]:${second.port} ${readFileSync(`${rsa}.pub`, 'utf8')}`)
    const connection = sshConnection(second.options())
    expect((await (await connection.session()).run('echo known')).stdout).toBe('known\n')
    await connection.close()
    await second.stop()
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
    const certified = await startSshd([], [`HostKey ${hostKey}`, `HostCertificate ${hostKey}-cert.pub`])
    writeFileSync(certified.knownHosts, `@cert-authority [127.0.0.1]:* ${readFileSync(`${authority}.pub`)}`)
    const connection = sshConnection(certified.options({ strictHostKeyChecking: 'accept-new' }))
    const error = await failure(connection.session())
    expect(error.code).toBe('host/unknown-host-key')
    expect(error.hints[0]).toContain(`${certified.knownHosts}:1 trusts an authority for it, but certificates of hosts`)
    await certified.stop()
  })

  it.each(['yes', 'no'] as const)('refuses a revoked key with %s', async (strictHostKeyChecking) => {
    const file = join(sshd.folder, 'revoked')
    writeFileSync(file, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n@revoked * ${sshd.hostKey}\n`)
    const error = await failure(connect({ knownHostsFiles: [file], strictHostKeyChecking }).session())
    expect(error.code).toBe('host/revoked-host-key')
    expect(error.message).toContain(`which ${file}:2 marks as revoked`)
    const list = join(sshd.folder, 'revoked_keys')
    writeFileSync(list, `# stolen\n${sshd.hostKey} comment\n`)
    expect((await failure(connect({ revokedHostKeys: list, strictHostKeyChecking }).session())).message).toBe(
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
    const error = await failure(connect({ identityFiles: [strange, locked, '/no/key', `${strange}.pub`] }).session())
    expect(error.code).toBe('host/auth')
    expect(error.message).toContain(
      `did not let ${sshd.options().user} in; tried: key ${strange}, key ${locked}, key /no/key (cannot be read: ENOENT), ` +
        `key ${strange}.pub (is a public key); it offers publickey`,
    )
    expect(error.hints[0]).toBe(
      'name a key with --private-key or ansible_ssh_private_key_file, or give a password with -k (--ask-pass)',
    )
  })

  it('uses the keys of an agent', async () => {
    const socket = join(sshd.folder, 'agent')
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
    for (let tries = 0; tries < 50; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      try {
        execFileSync('ssh-add', ['-q', sshd.clientKey], {
          env: { ...process.env, SSH_AUTH_SOCK: socket },
          stdio: 'ignore',
        })
        break
      } catch {
        // The agent does not listen yet.
      }
    }
    const session = await connect({ identityFiles: [], agent: socket }).session()
    expect((await session.run('echo in')).stdout).toBe('in\n')
    agent.kill()
  })
})

describe.skipIf(!isRoot)('an sshd that allows one session a connection', () => {
  it('gets further connections', async () => {
    const narrow = await startSshd([], ['MaxSessions 1'])
    const connection = sshConnection(narrow.options())
    const session = await connection.session()
    const error = await failure(session.run('sleep 53.25', { timeout: 0.3 }))
    expect(error.code).toBe('host/timeout')
    expect(running('sleep 53.25')).toBe('')
    const process = await session.start('echo started')
    process.stderr.resume()
    let output = ''
    for await (const chunk of process.stdout) output += chunk
    expect(output).toBe('started\n')
    await connection.close()
    await narrow.stop()
  })
})
