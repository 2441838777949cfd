import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { LifeboatError } from '../../../src/base/errors.ts'
import type { Become, Connection } from '../../../src/host/connection.ts'
import { sshConnection } from '../../../src/host/ssh/connection.ts'
import type { SshOptions } from '../../../src/host/ssh/options.ts'
import { isRoot, sshdForTest, startSshd, type TestSshd } from '../ssh/sshd.ts'

const NOISY = 'echo "welcome to this host"; echo "mind the step" >&2; printf "no newline"\n'

const exists = (program: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`])
    return true
  } catch {
    return false
  }
}

describe.skipIf(!isRoot || !exists('sudo'))('becoming another user', () => {
  let sshd: TestSshd
  beforeAll(async () => {
    sshd = await startSshd([
      { name: 'admin', sudo: 'ALL=(ALL:ALL) NOPASSWD: ALL', bashrc: NOISY },
      { name: 'asked', sudo: 'ALL=(ALL) ALL', password: 'open sesame', bashrc: NOISY },
      { name: 'plain', password: 'plain word', doas: 'permit nopass admin as plain' },
      { name: 'closed', shell: '/usr/sbin/nologin' },
      { name: 'seated', sudo: 'ALL=(ALL) NOPASSWD: ALL\nDefaults:seated requiretty', bashrc: NOISY },
      { name: 'both', sudo: 'ALL=(ALL) ALL\nDefaults:both requiretty, lecture=always', password: 'open sesame' },
      { name: 'lectured', sudo: 'ALL=(ALL) ALL\nDefaults:lectured lecture=always', password: 'open sesame' },
      {
        name: 'foreign',
        sudo: 'ALL=(ALL) ALL\nDefaults:foreign passprompt_override',
        password: "it's $HOME; echo",
        bashrc: 'export LANG=de_DE.UTF-8 LC_MESSAGES=de_DE.UTF-8\n',
      },
      { name: 'doer', password: 'open sesame', doas: 'permit doer as plain', bashrc: NOISY },
    ])
    // A program in front of sudo that asks in words of its own.
    writeFileSync(
      `${sshd.folder}/elevate`,
      '#!/bin/sh\nfor a; do shift; case $a in lifeboat-*) a="Kennwort für $USER: " ;; esac; set -- "$@" "$a"; done; exec sudo "$@"\n',
      { mode: 0o755 },
    )
  })
  afterAll(() => sshd.stop())

  const opened: Connection[] = []
  const connect = (user: string, changes: Partial<SshOptions> = {}): Connection => {
    const connection = sshConnection(sshd.options({ user, ...changes }))
    opened.push(connection)
    return connection
  }
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((connection) => connection.close()))
  })

  const failure = async (user: string, become?: Become): Promise<LifeboatError> =>
    (await connect(user)
      .session(become)
      .then(
        () => new Error('it did not fail'),
        (error: unknown) => error,
      )) as LifeboatError

  const whoIs = async (user: string, become?: Become): Promise<string> => {
    const session = await connect(user).session(become)
    const result = await session.run('id -un; cat', { stdin: 'given' })
    expect(result).toMatchObject({ status: 0, stderr: '' })
    return result.stdout.replace('\ngiven', '')
  }

  it('is not disturbed by a login that talks', async () => {
    expect(await whoIs('admin')).toBe('admin')
    const session = await connect('admin').session()
    const process = await session.start('cat; echo err >&2')
    process.stdin.end('text')
    let [out, err] = ['', '']
    process.stdout.on('data', (chunk) => {
      out += chunk
    })
    process.stderr.on('data', (chunk) => {
      err += chunk
    })
    expect(await process.ended).toEqual({ status: 0 })
    expect([out, err]).toEqual(['text', 'err\n'])
  })

  it('logs in with a password', async () => {
    const connection = connect('plain', { identityFiles: ['/no/key'], password: 'plain word' })
    expect((await (await connection.session()).run('id -un')).stdout).toBe('plain\n')
  })

  it('logs in with a password that sshd asks for by keyboard-interactive', async () => {
    const asking = await sshdForTest(
      [{ name: 'plain', password: 'plain word' }],
      ['PasswordAuthentication no', 'KbdInteractiveAuthentication yes'],
    )
    const connection = sshConnection(
      asking.options({ user: 'plain', identityFiles: ['/no/key'], password: 'plain word' }),
    )
    expect((await (await connection.session()).run('id -un')).stdout).toBe('plain\n')
    await connection.close()
  })

  it('gives no password to a host whose key has changed, even where keys are not checked', async () => {
    const file = `${sshd.folder}/changed_hosts`
    const other = readFileSync(`${sshd.clientKey}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')
    writeFileSync(file, `[127.0.0.1]:${sshd.port} ${other}\n`)
    const unchecked = { strictHostKeyChecking: 'no', knownHostsFiles: [file] } as const
    const withPassword = connect('plain', { ...unchecked, identityFiles: ['/no/key'], password: 'plain word' })
    await expect(withPassword.session()).rejects.toMatchObject({
      code: 'host/auth',
      message: expect.stringContaining('password (not given, as the host key has changed)'),
    })
    expect((await (await connect('plain', unchecked).session()).run('id -un')).stdout).toBe('plain\n')
  })

  it('becomes another user with sudo, in its home folder', async () => {
    expect(await whoIs('admin', { user: 'root', method: 'sudo' })).toBe('root')
    const session = await connect('admin').session({ user: 'asked', method: 'sudo' })
    expect((await session.run('id -un; pwd; echo "$HOME"')).stdout).toBe(
      `asked\n${sshd.folder}/home/asked\n${sshd.folder}/home/asked\n`,
    )
  })

  it('keeps one session for each user', async () => {
    const connection = connect('admin')
    const sessions = await Promise.all([
      connection.session({ user: 'root', method: 'sudo' }),
      connection.session({ user: 'root', method: 'sudo' }),
      connection.session(),
      connection.session({ user: 'admin', method: 'sudo' }),
    ])
    expect(sessions[0]).toBe(sessions[1])
    expect(sessions[2]).toBe(sessions[3])
    expect(sessions[0]).not.toBe(sessions[2])
  })

  it('gives sudo a password, and only where it asks', async () => {
    expect(await whoIs('asked', { user: 'root', method: 'sudo', password: 'open sesame' })).toBe('root')
    expect(await whoIs('admin', { user: 'root', method: 'sudo', password: 'touch /tmp/lb-never' })).toBe('root')
  })

  it('takes flags of sudo', async () => {
    const session = await connect('admin').session({ user: 'plain', method: 'sudo', flags: '-H -S -n -i' })
    expect((await session.run('id -un; echo "$SHELL"')).stdout).toBe('plain\n/bin/bash\n')
  })

  it('gives a terminal to sudo where it wants one (requiretty), with the streams still apart', async () => {
    const connection = connect('seated')
    const session = await connection.session({ user: 'root', method: 'sudo' })
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    expect(await session.run('id -un; cat; echo err >&2; exit 3', { stdin: bytes })).toMatchObject({
      status: 3,
      stdoutBytes: Buffer.concat([Buffer.from('root\n'), bytes]),
      stderr: 'err\n',
    })
    const process = await session.start('cat; echo err >&2')
    process.stdin.end('in')
    process.stderr.resume()
    let output = ''
    for await (const chunk of process.stdout) output += chunk
    expect([output, await process.ended]).toEqual(['in', { status: 0 }])
    await expect(session.run('sleep 62.25 & sleep 62.25', { timeout: 0.3 })).rejects.toMatchObject({
      code: 'host/timeout',
    })
    expect((await session.run('ps -A -o args= | grep "[s]leep 62.25"')).stdout).toBe('')
    expect(await whoIs('both', { user: 'root', method: 'sudo', password: 'open sesame' })).toBe('root')
    expect((await failure('both', { user: 'root', method: 'sudo', password: 'wrong' })).code).toBe(
      'host/become-password-wrong',
    )
  })

  it('is not put off by a lecture, by quotes in a password, or by a foreign language', async () => {
    expect(await whoIs('lectured', { user: 'root', method: 'sudo', password: 'open sesame' })).toBe('root')
    const become: Become = { user: 'root', method: 'sudo', password: "it's $HOME; echo" }
    expect(await whoIs('foreign', become)).toBe('root')
    expect((await failure('foreign', { ...become, password: 'wrong' })).code).toBe('host/become-password-wrong')
  })

  it('answers a question in other words, asked by another program than sudo', async () => {
    const become: Become = {
      user: 'root',
      method: 'sudo',
      executable: `${sshd.folder}/elevate`,
      password: 'open sesame',
    }
    expect(await whoIs('asked', become)).toBe('root')
    expect((await failure('asked', { ...become, password: 'wrong' })).code).toBe('host/become-password-wrong')
    expect(
      await whoIs('asked', { user: 'plain', method: 'su', executable: 'sudo -S su -', password: 'open sesame' }),
    ).toBe('plain')
  })

  it('takes several flags of sudo, and what they are followed by', async () => {
    const flags = `-nH -p "a prompt" -g 'root'`
    const session = await connect('admin').session({ user: 'plain', method: 'sudo', flags })
    expect((await session.run('id -un; id -gn')).stdout).toBe('plain\nroot\n')
  })

  it('says that sudo needs a password', async () => {
    const error = await failure('asked', { user: 'root', method: 'sudo' })
    expect(error.code).toBe('host/become-password-needed')
    expect(error.message).toBe('sudo on db1 asks asked for a password before it lets asked become root')
  })

  it('says at once that the password is wrong', async () => {
    const before = Date.now()
    const error = await failure('asked', { user: 'root', method: 'sudo', password: 'wrong' })
    expect(error.code).toBe('host/become-password-wrong')
    expect(error.message).toBe('sudo on db1 did not accept the become password of asked')
    // PAM takes two seconds to say no.
    expect(Date.now() - before).toBeLessThan(6000)
  })

  it('says that sudo does not allow it', async () => {
    const error = await failure('plain', { user: 'root', method: 'sudo', password: 'plain word' })
    expect(error.code).toBe('host/become-denied')
    expect(error.message).toBe('sudo on db1 does not allow plain to run sh as root')
  })

  it('says what sudo said of a user that does not exist', async () => {
    const error = await failure('admin', { user: 'nobody-here', method: 'sudo' })
    expect(error.code).toBe('host/become')
    expect(error.message).toContain('unknown user')
  })

  it('becomes another user with su', async () => {
    expect(await whoIs('asked', { user: 'plain', method: 'su', password: 'plain word' })).toBe('plain')
    expect((await failure('asked', { user: 'plain', method: 'su', password: 'wrong' })).code).toBe(
      'host/become-password-wrong',
    )
    expect((await failure('asked', { user: 'plain', method: 'su' })).code).toBe('host/become-password-needed')
  })

  it.skipIf(!exists('doas'))('becomes another user with doas', async () => {
    expect(await whoIs('admin', { user: 'plain', method: 'doas' })).toBe('plain')
    expect((await failure('asked', { user: 'plain', method: 'doas' })).code).toBe('host/become-denied')
    expect((await failure('doer', { user: 'plain', method: 'doas' })).code).toBe('host/become-password-needed')
  })

  it.skipIf(!exists('doas'))('types a password for doas at a terminal', async () => {
    const become: Become = { user: 'plain', method: 'doas', password: 'open sesame' }
    expect(await whoIs('doer', become)).toBe('plain')
    const session = await connect('doer').session(become)
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    expect((await session.run('cat', { stdin: bytes })).stdoutBytes).toEqual(bytes)
    expect((await failure('doer', { ...become, password: 'wrong' })).code).toBe('host/become-password-wrong')
  })

  it('says that a login gives no shell', async () => {
    const error = await failure('closed')
    expect(error.code).toBe('host/no-shell')
    expect(error.message).toBe(
      'the login of closed on db1 ended with status 1 instead of giving a shell: This account is currently not available.',
    )
  })

  it.each([
    { user: 'root', method: 'sudo' },
    { user: 'root', method: 'sudo', password: 'open sesame' },
  ] satisfies Become[])('stops the processes of another user: %j', async (become) => {
    const session = await connect(become.password === undefined ? 'admin' : 'asked').session(become)
    await expect(session.run('sleep 61.25 & sleep 61.25', { timeout: 0.3 })).rejects.toMatchObject({
      code: 'host/timeout',
    })
    const process = await session.start('sleep 61.25')
    process.stdout.resume()
    process.stderr.resume()
    await process.kill()
    expect((await process.ended).status).toBe(143)
    expect((await session.run('ps -A -o stat=,args= | grep "[s]leep 61.25" | grep -v "^Z"')).stdout).toBe('')
  })

  it('shows no password, script or environment in the process list', async () => {
    const become: Become = { user: 'root', method: 'sudo', password: 'open sesame' }
    const session = await connect('asked').session(become)
    const list = await session.run('ps -A -o args=; cat /proc/[0-9]*/cmdline | tr "\\0" " "; : hidden-script', {
      environment: { SECRET: 'hidden-value' },
      stdin: 'hidden-input',
    })
    expect(list.stdout).toContain('sudo')
    for (const secret of ['sesame', 'hidden-script', 'hidden-value', 'hidden-input']) {
      expect(list.stdout).not.toContain(secret)
    }
  })
})
