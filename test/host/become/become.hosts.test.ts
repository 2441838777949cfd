import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Become, Connection } from '../../../src/host/connection.ts'
import { putFile } from '../../../src/host/files.ts'
import { hostOpener } from '../../../src/host/open.ts'
import { bootHosts, type HostFleet } from '../../fleet/hosts/index.ts'

const PASSWORD = `open "sesame" it's $HOME`
const NAMES = ['old', 'new'] as const

/** The oldest sudo and su of the fleet, and the newest. */
let fleet: HostFleet
beforeAll(async () => {
  fleet = await bootHosts([
    { name: 'old', suite: 'bullseye', postgres: false },
    { name: 'new', suite: 'forky', postgres: false },
  ])
  const script = `
    for user in asked seated; do useradd --create-home --shell /bin/bash $user; done
    printf '%s\\n' 'asked:${PASSWORD.replaceAll("'", `'\\''`)}' 'postgres:of postgres' | chpasswd
    cp -r ~admin/.ssh ~asked/.ssh && chown -R asked: ~asked/.ssh
    cp -r ~admin/.ssh ~seated/.ssh && chown -R seated: ~seated/.ssh
    echo 'echo welcome; echo "mind the step" >&2' >>~asked/.bashrc
    printf '%s\\n' 'asked ALL=(ALL) ALL' 'Defaults:asked lecture=always, use_pty' \
      'seated ALL=(ALL) NOPASSWD: ALL' 'Defaults:seated requiretty, use_pty' >/etc/sudoers.d/fleet
    chmod 440 /etc/sudoers.d/fleet`
  for (const name of NAMES) {
    const { status, stderr } = await fleet.host(name).exec(script)
    if (status !== 0) throw new Error(stderr)
  }
})
afterAll(() => fleet?.close())

describe.each(NAMES)('on the %s host', (name) => {
  const opened: Connection[] = []
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((connection) => connection.close()))
  })
  const connect = (user: string): Connection => {
    const connection = hostOpener()(name, {
      ansible_host: fleet.host(name).address,
      ansible_user: user,
      ansible_private_key_file: fleet.privateKeyFile,
      ansible_ssh_common_args: `-F none -o UserKnownHostsFile=${fleet.knownHostsFile}`,
    })
    opened.push(connection)
    return connection
  }
  const whoIs = async (user: string, become?: Become): Promise<string> => {
    const session = await connect(user).session(become)
    const result = await session.run('id -un; cat; echo err >&2', { stdin: 'in' })
    expect(result.stderr).toBe('err\n')
    return result.stdout
  }
  const codeOf = async (user: string, become: Become): Promise<string> =>
    await connect(user)
      .session(become)
      .then(
        () => 'it did not fail',
        ({ code }: { code: string }) => code,
      )

  it('becomes another user with sudo, with a password and with a terminal where sudo wants them', async () => {
    const sudo: Become = { user: 'postgres', method: 'sudo' }
    expect(await whoIs('admin', sudo)).toBe('postgres\nin')
    expect(await whoIs('asked', { ...sudo, password: PASSWORD })).toBe('postgres\nin')
    expect(await whoIs('seated', sudo)).toBe('postgres\nin')
    expect(await whoIs('seated', { ...sudo, flags: '-i' })).toBe('postgres\nin')
    expect(await codeOf('asked', sudo)).toBe('host/become-password-needed')
    expect(await codeOf('asked', { ...sudo, password: 'wrong' })).toBe('host/become-password-wrong')
    expect(await codeOf('asked', { ...sudo, user: 'nobody-here', password: PASSWORD })).toBe('host/become')
  })

  it('becomes another user with su', async () => {
    const su: Become = { user: 'postgres', method: 'su', password: 'of postgres' }
    expect(await whoIs('asked', su)).toBe('postgres\nin')
    expect(await codeOf('asked', { ...su, password: 'wrong' })).toBe('host/become-password-wrong')
  })

  it('writes files as the user that it has become, without a moment in which others can read them', async () => {
    const session = await connect('admin').session({ user: 'postgres', method: 'sudo' })
    const path = join('/var/lib/postgresql', 'secret')
    await putFile(session, path, Buffer.alloc(1_000_000, 'x'), { mode: '0600' })
    expect((await session.run(`stat -c '%U %a %s' ${path}; ls -A /tmp`)).stdout).toMatch(
      /^postgres 600 1000000\n(?!.*secret)/s,
    )
  })

  it('leaves nothing running when the session is closed', async () => {
    const connection = connect('seated')
    const session = await connection.session({ user: 'root', method: 'sudo' })
    const script = session.run('sleep 801.25').catch(() => {})
    await session.run('true', { signal: AbortSignal.timeout(300) }).catch(() => {})
    await connection.close()
    await script
    expect((await fleet.host(name).exec('sleep 0.5; pgrep -fa "[s]leep 801|[s]cript -qec"')).stdout).toBe('')
  })
})
