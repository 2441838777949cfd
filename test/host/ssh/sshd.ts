import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { SshOptions } from '../../../src/host/ssh/options.ts'

/** A user that exists for this sshd alone. */
export interface TestUser {
  readonly name: string
  readonly password?: string
  readonly shell?: string
  /** Lines of /etc/sudoers, without the user's name: `ALL=(ALL) NOPASSWD: ALL`. */
  readonly sudo?: string
  readonly bashrc?: string
  /** Other files of the home folder. */
  readonly files?: Readonly<Record<string, string>>
  /** A rule of /etc/doas.conf. */
  readonly doas?: string
}

export interface TestSshd {
  readonly address: string
  readonly port: number
  readonly pid: number
  readonly folder: string
  readonly knownHosts: string
  readonly clientKey: string
  /** The host's public key line: type and base64. */
  readonly hostKey: string
  options(changes?: Partial<SshOptions>): SshOptions
  /** How many connections it serves now. */
  connections(): number
  /** Kills the processes that serve logged-in connections. */
  killConnections(): void
  stop(): Promise<void>
}

/** Where an sshd listens, if not on loopback for all. */
export interface TestPlace {
  /** A network namespace that it runs in. */
  readonly namespace?: string
  readonly address?: string
}

export const isRoot = process.getuid?.() === 0

/**
 * Starts OpenSSH's sshd on a free port of loopback with keys of its own. As root it runs in a mount namespace with
 * accounts and a sudoers file of its own, so that nothing of the machine changes.
 */
export const startSshd = async (
  users: readonly TestUser[] = [],
  config: readonly string[] = [],
  { namespace, address = '127.0.0.1' }: TestPlace = {},
): Promise<TestSshd> => {
  const folder = mkdtempSync(join(tmpdir(), 'lb-host-'))
  chmodSync(folder, 0o755)
  const hostKeyFile = join(folder, 'host_key')
  const clientKey = join(folder, 'client_key')
  for (const file of [hostKeyFile, clientKey]) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', file])
  }
  const authorized = join(folder, 'authorized_keys')
  writeFileSync(authorized, readFileSync(`${clientKey}.pub`))
  chmodSync(authorized, 0o644)
  const port = await freePort()
  const configFile = join(folder, 'sshd_config')
  writeFileSync(
    configFile,
    [
      // Of two lines about the same the first counts.
      ...config,
      `ListenAddress ${address}`,
      `Port ${port}`,
      `HostKey ${hostKeyFile}`,
      `AuthorizedKeysFile ${authorized}`,
      'StrictModes no',
      'PidFile none',
      'PermitRootLogin yes',
      `UsePAM ${isRoot ? 'yes' : 'no'}`,
      // Of this one the last counts.
      ...(config.some((line) => line.startsWith('MaxStartups')) ? [] : ['MaxStartups 100']),
      '',
    ].join('\n'),
  )
  const enter = namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace]
  const logFile = join(folder, 'sshd.log')
  const log = openSync(logFile, 'a')
  const child = isRoot ? startPrivately(folder, configFile, users, enter, log) : start(configFile, log)
  closeSync(log)
  await listening(port, child, logFile)
  const hostKey = readFileSync(`${hostKeyFile}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')
  const knownHosts = join(folder, 'known_hosts')
  writeFileSync(knownHosts, `[${address}]:${port} ${hostKey}\n`)
  const pid = child.pid ?? 0
  return {
    address,
    port,
    pid,
    folder,
    knownHosts,
    clientKey,
    hostKey,
    options: (changes = {}) => ({
      name: 'db1',
      address,
      port,
      user: userInfo().username,
      identityFiles: [clientKey],
      knownHostsFiles: [knownHosts],
      strictHostKeyChecking: 'yes',
      connectTimeout: 10,
      keepaliveInterval: 15,
      ...changes,
    }),
    connections: () => childrenOf(pid).length,
    killConnections() {
      const connections = childrenOf(pid)
      // The shells below must not go first: sshd would report how they ended.
      for (const process of [...connections, ...connections.flatMap(childrenOf)]) if (isSshd(process)) kill(process)
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** An sshd that ends with the test, however that ends. */
export const sshdForTest = async (...wishes: Parameters<typeof startSshd>): Promise<TestSshd> => {
  const sshd = await startSshd(...wishes)
  onTestFinished(() => sshd.stop())
  return sshd
}

// Its log is a file: a pipe that is full, while a test waits for a program and reads nothing, would stop it.
const start = (configFile: string, log: number): ChildProcess =>
  spawn('/usr/sbin/sshd', ['-D', '-e', '-f', configFile], { stdio: ['ignore', 'ignore', log] })

/** In a mount namespace whose /etc is a copy of the machine's, with the users added. */
const startPrivately = (
  folder: string,
  configFile: string,
  users: readonly TestUser[],
  enter: readonly string[],
  log: number,
): ChildProcess => {
  mkdirSync('/run/sshd', { recursive: true })
  const etc = join(folder, 'etc')
  execFileSync('cp', ['-a', '/etc', etc])
  mkdirSync(join(etc, 'sudoers.d'), { recursive: true })
  writeFileSync(join(etc, 'sudoers'), 'Defaults env_reset, use_pty, lecture=never\nroot ALL=(ALL:ALL) ALL\n')
  writeFileSync(join(etc, 'doas.conf'), '')
  // What root has in its home folder is slow, or none of a test's business.
  const passwd = join(etc, 'passwd')
  const home = join(folder, 'home', 'root')
  mkdirSync(home, { recursive: true })
  writeFileSync(passwd, readFileSync(passwd, 'utf8').replace(/^(root:.*):[^:]*:([^:]*)$/m, `$1:${home}:$2`))
  for (const [index, user] of users.entries()) addUser(folder, user, 64_100 + index)
  chmodSync(join(etc, 'sudoers'), 0o440)
  chmodSync(join(etc, 'doas.conf'), 0o400)
  const script = `mount --bind ${etc} /etc && exec /usr/sbin/sshd -D -e -f ${configFile}`
  const [program = '', ...args] = [...enter, 'unshare', '--mount', '--propagation', 'private', 'sh', '-c', script]
  return spawn(program, args, { stdio: ['ignore', 'ignore', log] })
}

const addUser = (folder: string, user: TestUser, id: number): void => {
  const home = join(folder, 'home', user.name)
  mkdirSync(home, { recursive: true })
  if (user.bashrc !== undefined) writeFileSync(join(home, '.bashrc'), user.bashrc)
  for (const [name, content] of Object.entries(user.files ?? {})) {
    mkdirSync(dirname(join(home, name)), { recursive: true })
    writeFileSync(join(home, name), content)
  }
  execFileSync('chown', ['-R', `${id}:${id}`, home])
  const password = user.password
  const hash = password === undefined ? '*' : execFileSync('openssl', ['passwd', '-6', password]).toString().trim()
  const append = (name: string, line: string): void => appendFileSync(join(folder, 'etc', name), `${line}\n`)
  append('passwd', `${user.name}:x:${id}:${id}::${home}:${user.shell ?? '/bin/bash'}`)
  append('group', `${user.name}:x:${id}:`)
  append('shadow', `${user.name}:${hash}:19000:0:99999:7:::`)
  if (user.sudo !== undefined) append('sudoers', `${user.name} ${user.sudo}`)
  if (user.doas !== undefined) append('doas.conf', user.doas)
}

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

/** Waits for its word, since in a namespace nobody else can ask. */
const listening = async (port: number, child: ChildProcess, logFile: string): Promise<void> => {
  for (;;) {
    const said = readFileSync(logFile, 'utf8')
    if (said.includes(`port ${port}.`)) return
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`sshd ended with status ${child.exitCode}: ${said}`)
    }
    await sleep(10)
  }
}

const childrenOf = (pid: number): number[] => {
  try {
    return execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)])
      .toString()
      .split('\n')
      .map(Number)
      .filter((child) => child > 0)
  } catch {
    return []
  }
}

const isSshd = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('sshd')
  } catch {
    return false
  }
}

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
