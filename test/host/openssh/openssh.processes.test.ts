import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { PlainValue } from '../../../src/base/value.ts'
import type { Connection } from '../../../src/host/connection.ts'
import { hostOpener } from '../../../src/host/open.ts'
import { makeKey } from '../ssh/keys.ts'
import { sshdForTest, startSshd, type TestSshd } from '../ssh/sshd.ts'

let sshd: TestSshd
let variables: Record<string, PlainValue>
beforeAll(async () => {
  sshd = await startSshd()
  variables = {
    ansible_connection: 'openssh',
    ansible_host: '127.0.0.1',
    ansible_port: sshd.port,
    ansible_private_key_file: sshd.clientKey,
    ansible_ssh_common_args: `-F none -o UserKnownHostsFile=${sshd.knownHosts}`,
  }
})
afterAll(() => sshd.stop())

const opened: Connection[] = []
const connect = (changes: Record<string, PlainValue> = {}): Connection => {
  const connection = hostOpener()('db1', { ...variables, ...changes })
  opened.push(connection)
  return connection
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map((connection) => connection.close()))
})

/** Control sockets of ssh programs that hold a connection to the host. */
const controlSockets = (port: number): string[] =>
  execFileSync('ps', ['-A', '-ww', '-o', 'args='])
    .toString()
    .split('\n')
    .filter((line) => line.includes('ControlMaster=yes') && line.includes(`port=${port}`))
    .map((line) => /ControlPath=(\S+)/.exec(line)?.[1] ?? '')

describe('ansible_connection: openssh', () => {
  it('keeps its control socket where nobody else comes, and leaves nothing', async () => {
    const before = readdirSync(tmpdir()).filter((name) => /^lb-.{6}$/.test(name))
    const connection = connect()
    await connection.session()
    const [socket = ''] = controlSockets(sshd.port)
    expect(statSync(socket).isSocket()).toBe(true)
    expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700)
    await connection.close()
    expect(existsSync(dirname(socket))).toBe(false)
    expect(controlSockets(sshd.port)).toEqual([])
    expect(readdirSync(tmpdir()).filter((name) => /^lb-.{6}$/.test(name) && !before.includes(name))).toEqual([])
  })

  it('ends with a controller that is killed', async () => {
    const controller = spawn(process.execPath, [
      '--import',
      'tsx',
      join(import.meta.dirname, 'idle-controller.ts'),
      JSON.stringify(variables),
    ])
    onTestFinished(() => void controller.kill('SIGKILL'))
    const [said] = await once(controller.stdout, 'data')
    expect(String(said)).toBe('connected\n')
    const [socket = ''] = controlSockets(sshd.port)
    expect(existsSync(socket)).toBe(true)
    controller.kill('SIGKILL')
    for (let tries = 0; tries < 50 && controlSockets(sshd.port).length > 0; tries++) await sleep(50)
    expect([controlSockets(sshd.port), existsSync(dirname(socket))]).toEqual([[], false])
  })

  it('uses certificates, of the user and of the host', async () => {
    const [userAuthority, hostAuthority, user, host] = ['ca-user', 'ca-host', 'user', 'host'].map((name) =>
      makeKey(join(sshd.folder, name)),
    )
    const me = userInfo().username
    execFileSync('ssh-keygen', ['-q', '-s', userAuthority ?? '', '-I', 'me', '-n', me, `${user}.pub`])
    execFileSync('ssh-keygen', ['-q', '-s', hostAuthority ?? '', '-I', 'db1', '-h', '-n', '127.0.0.1', `${host}.pub`])
    const certified = await sshdForTest(
      [],
      [`HostKey ${host}`, `HostCertificate ${host}-cert.pub`, `TrustedUserCAKeys ${userAuthority}.pub`],
    )
    writeFileSync(certified.knownHosts, `@cert-authority [127.0.0.1]:* ${readFileSync(`${hostAuthority}.pub`)}`)
    const connection = connect({
      ansible_port: certified.port,
      ansible_private_key_file: user ?? '',
      ansible_ssh_common_args: `-F none -o CertificateFile=${user}-cert.pub -o UserKnownHostsFile=${certified.knownHosts}`,
    })
    expect((await (await connection.session()).run('echo in')).stdout).toBe('in\n')
    await connection.close()
  })

  it('hands on all arguments, and accepts hosts that are new where that was asked for', async () => {
    const file = join(sshd.folder, 'new_hosts')
    const connection = hostOpener({ acceptNewHostKeys: true })('db1', {
      ...variables,
      ansible_ssh_common_args: `-F none -o "UserKnownHostsFile ${file}" -o HashKnownHosts=no`,
      ansible_ssh_extra_args: '-o SetEnv=X=1 -o RequestTTY=force -v',
    })
    opened.push(connection)
    expect(await (await connection.session()).run('echo in; tty')).toMatchObject({
      stdout: 'in\nnot a tty\n',
      stderr: '',
    })
    expect(readFileSync(file, 'utf8')).toContain(sshd.hostKey)
  })

  it('says what is wrong with an argument', async () => {
    await expect(connect({ ansible_ssh_extra_args: '-o Porridge=1' }).session()).rejects.toMatchObject({
      code: 'host/bad-ssh-config',
      message: expect.stringMatching(/command-line.*: Bad configuration option: porridge/i),
    })
    await expect(connect({ ansible_ssh_executable: '/no/ssh' }).session()).rejects.toMatchObject({
      code: 'host/unsupported-connection',
    })
  })
})
