import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { $ } from 'zx/core'
import { isAlive } from '../owner.ts'
import { type ExecOptions, type ExecResult, resultOf } from '../result.ts'
import { makeKey } from '../ssh-keys.ts'
import { greetsAsSsh, waitFor } from '../wait.ts'
import type { PostgresBinaries } from './binaries.ts'
import type { Login } from './login.ts'
import { sshdConfig } from './sshd-config.ts'

/** A server of a host, to be ended well, badly, and started again. */
export interface Service {
  start(): Promise<void>
  /** Ends it as its administrator would; for ssh, open connections end too. */
  stop(): Promise<void>
  /** Ends it and all its children with SIGKILL. */
  kill(): Promise<void>
}

/** A host that is a login with a home folder, an ssh server and a cluster of its own, on loopback. */
export interface ProcessHost {
  readonly name: string
  readonly address: '127.0.0.1'
  readonly sshPort: number
  readonly home: string
  /** Where the cluster is, or belongs on a host without one. */
  readonly dataDirectory: string
  readonly port: number
  readonly socketDirectory: string
  readonly postgresVersion: number
  readonly ssh: Service
  readonly postgres: Service
  /** Runs a shell script as a login would, without ssh. */
  exec(script: string, options?: Pick<ExecOptions, 'stdin'>): Promise<ExecResult>
}

export interface ProcessPlace {
  readonly name: string
  readonly directory: string
  readonly login: Login
  readonly binaries: PostgresBinaries
  readonly sshd: string
  readonly sshPort: number
  readonly port: number
  readonly socketDirectory: string
  readonly authorizedKeys: string
  readonly initdbArgs: readonly string[]
  readonly hasCluster: boolean
}

/** Lays a host out and returns it with its line of known_hosts; nothing runs yet. */
export async function createHost(place: ProcessPlace): Promise<[ProcessHost, string]> {
  const { name, directory, login, binaries, sshPort, port, socketDirectory } = place
  const home = join(directory, 'home')
  const dataDirectory = join(directory, 'data')
  for (const folder of [directory, home]) {
    mkdirSync(folder, { recursive: true })
    chownSync(folder, login.uid, login.gid)
  }
  const env = environment(place, home)
  const exec = async (script: string, { stdin = '' }: Pick<ExecOptions, 'stdin'> = {}) => {
    const shell = $({ env, cwd: home, quiet: true, nothrow: true, input: stdin })
    return resultOf(await shell`${login.become} sh -c ${script}`)
  }
  const run = async (script: string) => {
    const { status, stderr, stdout } = await exec(script)
    if (status !== 0) throw new Error(`${name}: ${script}\nended with ${status}:\n${stderr}${stdout}`)
    return stdout
  }

  const hostKey = join(directory, 'ssh_host_ed25519_key')
  const publicKey = await makeKey(hostKey, 'ed25519', name)
  chownSync(hostKey, login.uid, login.gid)
  writeFileSync(join(directory, 'sshd_config'), sshdConfig({ ...place, hostKey, env }))
  if (place.hasCluster) {
    await run(`initdb --no-sync --locale=C --encoding=UTF8 --auth-local=peer --auth-host=scram-sha-256 \
      ${place.initdbArgs.map((arg) => `'${arg}'`).join(' ')} -D '${dataDirectory}'`)
    // The port comes from PGPORT, so that a cluster restored on another host listens on that host's port.
    await run(`cat >>'${dataDirectory}/postgresql.conf' <<'END'
listen_addresses = '127.0.0.1'
unix_socket_directories = '${socketDirectory}'
dynamic_shared_memory_type = mmap  # leaves nothing in /dev/shm when killed
END`)
  }
  const host: ProcessHost = {
    name,
    address: '127.0.0.1',
    sshPort,
    home,
    dataDirectory,
    port,
    socketDirectory,
    postgresVersion: binaries.major,
    exec,
    ssh: sshService(place, run),
    postgres: postgresService(dataDirectory, directory, run),
  }
  return [host, `[127.0.0.1]:${sshPort} ${publicKey}\n`]
}

/** What a login of the host finds in its environment, and nothing of the caller's. */
function environment({ login, binaries, port, socketDirectory }: ProcessPlace, home: string): Record<string, string> {
  return {
    HOME: home,
    USER: login.user,
    LOGNAME: login.user,
    PATH: `${binaries.folder}:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin`,
    PGHOST: socketDirectory,
    PGPORT: String(port),
    PGDATABASE: 'postgres',
  }
}

type Run = (script: string) => Promise<string>

function sshService({ name, directory, sshd, sshPort }: ProcessPlace, run: Run): Service {
  const pidFile = join(directory, 'sshd.pid')
  return {
    start: async () => {
      await run(`'${sshd}' -f '${directory}/sshd_config' -E '${directory}/sshd.log'`)
      await waitFor(`ssh on ${name}`, 20, () => greetsAsSsh('127.0.0.1', sshPort))
    },
    stop: () => end(pidFile, 'TERM', run),
    kill: () => end(pidFile, 'KILL', run),
  }
}

function postgresService(dataDirectory: string, directory: string, run: Run): Service {
  const control = `pg_ctl -s -w -t 60 -D '${dataDirectory}'`
  return {
    start: async () => void (await run(`${control} -l '${directory}/postgres.log' start`)),
    stop: async () => void (await run(`${control} -m fast stop`)),
    kill: () => end(join(dataDirectory, 'postmaster.pid'), 'KILL', run),
  }
}

/** Signals the process of a pid file and its children, and waits until all of them are gone. */
async function end(pidFile: string, signal: 'TERM' | 'KILL', run: Run): Promise<void> {
  if (!existsSync(pidFile)) return
  const pid = readFileSync(pidFile, 'utf8').split('\n')[0] ?? ''
  const found = await run(`echo ${pid}; pgrep -P ${pid} || true`)
  const pids = found.trim().split('\n').map(Number)
  await run(`kill -${signal} ${pids.join(' ')} 2>/dev/null || true`)
  await waitFor(`end of process ${pid}`, 20, async () => !pids.some((each) => isAlive({ pid: each, started: 0 })))
  // PostgreSQL takes a zombie for a running server, and some first processes collect zombies only now and then.
  await waitFor(`the collection of process ${pid}`, 10, async () => !exists(Number(pid))).catch(() => {})
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
