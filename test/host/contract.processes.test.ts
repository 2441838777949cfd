import { execFileSync } from 'node:child_process'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { LifeboatError } from '../../src/base/errors.ts'
import type { PlainValue } from '../../src/base/value.ts'
import type { Connection } from '../../src/host/connection.ts'
import { putFile } from '../../src/host/files.ts'
import { hostOpener } from '../../src/host/open.ts'
import { hostShell } from '../../src/host/shell/host-shell.ts'
import { makeKey, startAgent } from './ssh/keys.ts'
import { freePort, isRoot, sshdForTest, startSshd, type TestSshd } from './ssh/sshd.ts'

// What holds for every way of connecting: by the ssh library, and by the ssh program.
describe.each(['ssh', 'openssh'])('ansible_connection: %s', (kind) => {
  let sshd: TestSshd
  beforeAll(async () => {
    sshd = await startSshd([
      { name: 'asked', sudo: 'ALL=(ALL) ALL', password: 'open sesame', bashrc: 'echo welcome\n' },
    ])
  })
  afterAll(() => sshd.stop())

  const opened: Connection[] = []
  const connect = (variables: Record<string, PlainValue> = {}, server: TestSshd = sshd): Connection => {
    const connection = hostOpener()('db1', {
      ansible_connection: kind,
      ansible_host: server.address,
      ansible_port: server.port,
      ansible_private_key_file: server.clientKey,
      ansible_ssh_common_args: `-F none -o UserKnownHostsFile=${server.knownHosts} -o GlobalKnownHostsFile=/dev/null`,
      ...variables,
    })
    opened.push(connection)
    return connection
  }
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((connection) => connection.close()))
  })
  const knowing = (file: string): Record<string, string> => ({
    ansible_ssh_common_args: `-F none -o UserKnownHostsFile=${file} -o GlobalKnownHostsFile=/dev/null`,
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

  describe('a connection', () => {
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

  describe.skipIf(!isRoot)('an sshd that allows one session a connection', () => {
    it('gets further connections', async () => {
      const narrow = await sshdForTest([], ['MaxSessions 1'])
      const connection = connect({}, narrow)
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
    })
  })

  describe('a host that is not reached', () => {
    it.each([
      ['refused', async () => ({ ansible_port: await freePort() })],
      ['name', async () => ({ ansible_host: 'no-such-host.invalid' })],
    ] as const)('says that the cause is: %s', async (cause, variables) => {
      const error = await failure(connect(await variables()).session())
      expect(error).toMatchObject({ code: 'host/unreachable', data: { cause } })
    })

    it('has a key that nobody knows, until new ones are accepted', async () => {
      const file = join(sshd.folder, `accepted-${kind}`)
      expect((await failure(connect(knowing(file)).session())).code).toBe('host/unknown-host-key')
      const accepting = { ansible_ssh_extra_args: '-o StrictHostKeyChecking=accept-new' }
      await connect({ ...knowing(file), ...accepting }).session()
      expect(readFileSync(file, 'utf8')).toContain(sshd.hostKey)
      await connect(knowing(file)).session()
    })

    it('has a key that has changed', async () => {
      const file = join(sshd.folder, `changed-${kind}`)
      const other = readFileSync(`${makeKey(join(sshd.folder, `other-${kind}`))}.pub`, 'utf8')
      writeFileSync(file, `# a comment\n[127.0.0.1]:${sshd.port} ${other}`)
      const error = await failure(connect(knowing(file)).session())
      expect(error.code).toBe('host/changed-host-key')
      expect(error.message).toMatch(/^db1 \(\S+:\d+\) shows the (ssh-)?ED25519 key SHA256:\S{43}, but /i)
      expect(error.message).toMatch(new RegExp(`but ${file}:2 has another (ssh-)?ED25519 key for it$`, 'i'))
      expect(error.hints[1]).toBe(`if the new key is right: ssh-keygen -f ${file} -R '[127.0.0.1]:${sshd.port}'`)
    })

    it('lets nobody in', async () => {
      const strange = makeKey(join(sshd.folder, `strange-${kind}`))
      const error = await failure(connect({ ansible_private_key_file: strange }).session())
      expect(error.code).toBe('host/auth')
      expect(error.message).toMatch(/did not let \w+ in; .*; it offers publickey/)
    })
  })

  describe('a login', () => {
    it('is by an agent', async () => {
      const agent = await startAgent(join(sshd.folder, `agent-${kind}`))
      onTestFinished(agent.stop)
      agent.add(sshd.clientKey)
      const session = await connect({
        ansible_private_key_file: 'none',
        ansible_ssh_extra_args: `-o IdentityAgent=${agent.socket}`,
      }).session()
      expect((await session.run('echo in')).stdout).toBe('in\n')
    })

    it.skipIf(!isRoot)('is by a password, which is in no process list', async () => {
      const asked = {
        ansible_user: 'asked',
        ansible_private_key_file: 'none',
        ansible_ssh_extra_args: '-o IdentityAgent=none',
      }
      const session = await connect({ ...asked, ansible_password: 'open sesame' }).session()
      expect((await session.run('id -un')).stdout).toBe('asked\n')
      expect(running('sesame')).toBe('')
      const root = await connect({ ...asked, ansible_password: 'open sesame' }).session({
        user: 'root',
        method: 'sudo',
        password: 'open sesame',
      })
      expect((await root.run('id -un; cat', { stdin: 'in' })).stdout).toBe('root\nin')
      expect((await failure(connect({ ...asked, ansible_password: 'wrong' }).session())).code).toBe('host/auth')
    })

    it('is by a key with a passphrase', async () => {
      const locked = makeKey(join(sshd.folder, `locked-${kind}`), 'open sesame')
      appendFileSync(join(sshd.folder, 'authorized_keys'), readFileSync(`${locked}.pub`))
      const asked: string[] = []
      const variables = { ansible_private_key_file: locked, ansible_ssh_extra_args: '-o IdentityAgent=none' }
      const session = await connect({ ...variables, ansible_private_key_passphrase: 'open sesame' }).session()
      expect((await session.run('echo in')).stdout).toBe('in\n')
      const open = hostOpener({}, async (question) => {
        asked.push(question)
        return 'open sesame'
      })
      for (const name of ['db1', 'db2']) {
        const connection = open(name, {
          ansible_connection: kind,
          ansible_host: '127.0.0.1',
          ansible_port: sshd.port,
          ...knowing(sshd.knownHosts),
          ...variables,
        })
        await connection.session()
        await connection.close()
      }
      expect(asked).toEqual([expect.stringContaining(locked)])
    })
  })
})
