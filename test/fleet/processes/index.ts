import { chmodSync, chownSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { $ } from 'zx/core'
import { type Claim, claim, claims, isDead } from '../claim.ts'
import { guard } from '../guard.ts'
import { writeInventory } from '../inventory.ts'
import { makeKey } from '../ssh-keys.ts'
import { findPostgres, findSshd } from './binaries.ts'
import { createHost, type ProcessHost } from './host.ts'
import { chooseLogin, type Login } from './login.ts'

export { findPostgres, findSshd, MissingPrograms } from './binaries.ts'
export type { ProcessHost, Service } from './host.ts'

/** Hosts on loopback that need no root. */
export interface ProcessFleet {
  readonly id: string
  readonly directory: string
  readonly inventoryFile: string
  readonly knownHostsFile: string
  readonly privateKeyFile: string
  /** A folder that all hosts may write to, as a share would be; the inventory's repository lies in it. */
  readonly sharedFolder: string
  /** The OS user who logs in and owns the clusters. */
  readonly user: string
  readonly hosts: Readonly<Record<string, ProcessHost>>
  /** The host of this name; an error where there is none. */
  host(name: string): ProcessHost
  close(): Promise<void>
}

export interface ProcessOptions {
  /** How many hosts, db1 and so on: three unless said otherwise. */
  readonly hosts?: number
  /** Which of them have a running cluster: all but the false ones. */
  readonly postgres?: readonly boolean[]
  /** PostgreSQL's major version; the newest that is installed unless said otherwise. */
  readonly major?: number
  /** Small segments unless said otherwise: a test fills and archives many of them. */
  readonly walSegmentSizeMB?: number
  readonly initdbArgs?: readonly string[]
  /** The fleet outlives this process, until `fleet processes down`. */
  readonly detached?: boolean
}

export const processFolder = process.env.LIFEBOAT_PROCESS_FLEET_DIRECTORY ?? `/tmp/lifeboat-${process.getuid?.() ?? 0}`

const mostHosts = 10
const sshPortOf = (fleet: number, index: number) => 21_000 + fleet * 2 * mostHosts + index
const portOf = (fleet: number, index: number) => sshPortOf(fleet, index) + mostHosts

/** Boots hosts on loopback at the same time and waits until each answers. Fleets whose owners died are swept first. */
export async function startProcesses(options: ProcessOptions = {}): Promise<ProcessFleet> {
  const count = options.hosts ?? 3
  if (count < 1 || count > mostHosts) throw new Error(`a process fleet has 1 to ${mostHosts} hosts, not ${count}`)
  // What is missing is said before anything is made.
  findPostgres(options.major)
  findSshd()
  const login = await chooseLogin()
  ownFolder()
  await sweepProcesses()
  const names = Array.from({ length: count }, (_, index) => `db${index + 1}`)
  const [directory, claimed] = await claim(processFolder, 400, {
    hosts: names,
    detached: options.detached ?? false,
    usable: (number) => portsFree(number, count),
  })
  const endGuard = guard(directory, claimed, removeScript)
  const close = async () => {
    endGuard()
    await removeProcesses(directory, claimed)
  }
  try {
    return { ...(await build(directory, claimed, login, options)), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Says why a process fleet cannot be booted on this machine; undefined when it can. */
export async function whyNotProcesses(): Promise<string | undefined> {
  try {
    findPostgres()
    findSshd()
    await chooseLogin()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

async function build(directory: string, { number, hosts: names }: Claim, login: Login, options: ProcessOptions) {
  const files = {
    inventoryFile: join(directory, 'inventory.yml'),
    knownHostsFile: join(directory, 'known_hosts'),
    privateKeyFile: join(directory, 'key'),
    sharedFolder: join(directory, 'shared'),
  }
  const socketDirectory = join(directory, 'sockets')
  for (const folder of [files.sharedFolder, socketDirectory]) {
    mkdirSync(folder)
    chownSync(folder, login.uid, login.gid)
  }
  await makeKey(files.privateKeyFile, 'ed25519', 'fleet')
  const running = (index: number) => options.postgres?.[index] ?? true
  const created = await Promise.all(
    names.map(async (name, index) => {
      const [host, knownHost] = await createHost({
        name,
        directory: join(directory, name),
        login,
        binaries: findPostgres(options.major),
        sshd: findSshd(),
        sshPort: sshPortOf(number, index),
        port: portOf(number, index),
        socketDirectory,
        authorizedKeys: `${files.privateKeyFile}.pub`,
        initdbArgs: [`--wal-segsize=${options.walSegmentSizeMB ?? 1}`, ...(options.initdbArgs ?? [])],
        hasCluster: running(index),
      })
      await Promise.all([host.ssh.start(), running(index) ? host.postgres.start() : undefined])
      return { host, knownHost, groups: ['hosts', running(index) ? 'databases' : 'spares'] }
    }),
  )
  writeFileSync(files.knownHostsFile, created.map(({ knownHost }) => knownHost).join(''))
  const vars = {
    ansible_host: '127.0.0.1',
    ansible_user: login.user,
    ansible_ssh_private_key_file: files.privateKeyFile,
    ansible_ssh_common_args: `-o UserKnownHostsFile=${files.knownHostsFile}`,
    // The login owns the clusters, and there is no sudo to become anybody else.
    ansible_become: false,
    repository: join(files.sharedFolder, 'repository'),
  }
  const described = created.map(({ host, groups }) => ({
    name: host.name,
    groups,
    vars: { ansible_port: host.sshPort, cluster: host.dataDirectory },
  }))
  writeInventory(files.inventoryFile, vars, described)

  const hosts = Object.fromEntries(created.map(({ host }) => [host.name, host]))
  const host = (name: string) => {
    const found = hosts[name]
    if (found === undefined) throw new Error(`no host ${name} in this fleet, only ${names.join(', ')}`)
    return found
  }
  return { id: String(number), directory, ...files, user: login.user, hosts, host }
}

/** Removes the process fleets whose owners are dead; returns their numbers. */
export async function sweepProcesses(): Promise<number[]> {
  const dead = claims(processFolder).filter(([, claim]) => isDead(claim))
  for (const [directory, claim] of dead) await removeProcesses(directory, claim)
  return dead.map(([, { number }]) => number)
}

const removeScript = fileURLToPath(new URL('remove.sh', import.meta.url))

export async function removeProcesses(directory: string, { token }: Claim): Promise<void> {
  await $({ quiet: true })`sh ${removeScript} ${directory} ${token}`
}

/** The name below /tmp is known to all, so it may be somebody else's trap. */
function ownFolder(): void {
  mkdirSync(processFolder, { recursive: true })
  const { uid } = lstatSync(processFolder)
  if (uid !== process.getuid?.()) throw new Error(`${processFolder} belongs to another user`)
  chmodSync(processFolder, 0o755)
}

async function portsFree(fleet: number, count: number): Promise<boolean> {
  const indexes = Array.from({ length: count }, (_, index) => index)
  const ports = indexes.flatMap((index) => [sshPortOf(fleet, index), portOf(fleet, index)])
  return (await Promise.all(ports.map(isFree))).every(Boolean)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
