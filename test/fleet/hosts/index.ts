import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { $ } from 'zx/core'
import { type Claim, claim } from '../claim.ts'
import { guard } from '../guard.ts'
import { writeInventory } from '../inventory.ts'
import { makeKey } from '../ssh-keys.ts'
import { type FleetHost, type FleetHostSpec, type HostPlace, hostAt } from './host.ts'
import { buildRoots, postgresOf, rootOf } from './roots.ts'
import { fleetFolder, removeFleet, sweepHosts } from './sweep.ts'

export type { FleetHost, FleetHostSpec } from './host.ts'
export type { Suite } from './roots.ts'

/** Debian hosts that run on this machine. */
export interface HostFleet {
  readonly id: string
  readonly directory: string
  readonly inventoryFile: string
  readonly knownHostsFile: string
  /** The key of the login `admin` on every host. */
  readonly privateKeyFile: string
  /** The folder that every host sees at /mnt/shared. */
  readonly sharedFolder: string
  readonly hosts: Readonly<Record<string, FleetHost>>
  /** The host of this name; an error where there is none. */
  host(name: string): FleetHost
  close(): Promise<void>
}

export interface BootOptions {
  /** The fleet outlives this process, until `fleet hosts down`. */
  readonly detached?: boolean
  /** Hears what takes long. */
  readonly log?: (line: string) => void
}

const postgresUser = 115

/** Boots the hosts at the same time and waits until each answers. Fleets whose owners died are swept first. */
export async function bootHosts(specs: readonly FleetHostSpec[], options: BootOptions = {}): Promise<HostFleet> {
  checkSpecs(specs)
  await sweepHosts()
  await buildRoots(
    specs.map(({ suite }) => suite),
    options.log ?? ((line) => process.stderr.write(`${line}\n`)),
  )
  const [directory, claimed] = await claim(fleetFolder, 256, {
    hosts: specs.map(({ name }) => name),
    detached: options.detached ?? false,
    usable: async (number) => !existsSync(`/sys/class/net/lbf${number}`),
  })
  const endGuard = guard(directory, claimed, fileURLToPath(new URL('remove.sh', import.meta.url)))
  const close = async () => {
    endGuard()
    await removeFleet(directory, claimed)
  }
  try {
    const fleet = await prepare(directory, claimed, specs)
    await Promise.all(Object.values(fleet.hosts).map((host) => host.start()))
    return { ...fleet, close }
  } catch (error) {
    await close()
    throw error
  }
}

function checkSpecs(specs: readonly FleetHostSpec[]): void {
  const names = specs.map(({ name }) => name)
  if (new Set(names).size !== names.length) throw new Error(`two hosts of one name: ${names.join(', ')}`)
  const wrong = names.find((name) => !/^[a-z][a-z0-9-]{0,31}$/.test(name))
  if (wrong !== undefined) throw new Error(`not a host name: ${wrong}`)
}

async function prepare(directory: string, { number }: Claim, specs: readonly FleetHostSpec[]) {
  const files = {
    inventoryFile: join(directory, 'inventory.yml'),
    knownHostsFile: join(directory, 'known_hosts'),
    privateKeyFile: join(directory, 'key'),
    sharedFolder: join(directory, 'shared'),
  }
  mkdirSync(files.sharedFolder)
  await $({ quiet: true })`chown ${postgresUser}:${postgresUser} ${files.sharedFolder}`
  await makeKey(files.privateKeyFile, 'ed25519', 'admin')

  const bridge = `lbf${number}`
  await $({ quiet: true })`ip link add ${bridge} type bridge && ip address add ${subnet(number)}.1/24 dev ${bridge} &&
    ip link set ${bridge} up`

  const places = specs.map(
    (spec, index): HostPlace => ({
      spec,
      fleet: number,
      index,
      address: `${subnet(number)}.${index + 10}`,
      directory: hostDirectory(directory, index, spec.name),
      base: rootOf(spec.suite),
      postgresVersion: postgresOf[spec.suite],
    }),
  )
  const keys = await Promise.all(places.map(layOut))
  writeFileSync(files.knownHostsFile, keys.join(''))
  const names = places.map(({ address, spec }) => `${address} ${spec.name}\n`).join('')
  writeFileSync(join(directory, 'hosts.txt'), `127.0.0.1 localhost\n${names}`)
  describe(files, places)

  const hosts = Object.fromEntries(places.map((place) => [place.spec.name, hostAt(place)]))
  const host = (name: string) => {
    const found = hosts[name]
    if (found === undefined) throw new Error(`no host ${name} in this fleet, only ${Object.keys(hosts).join(', ')}`)
    return found
  }
  return { id: String(number), directory, ...files, hosts, host }
}

const subnet = (number: number) => `10.213.${number}`

/** The index keeps the order of the folders that of the hosts, by which removal finds their numbers. */
function hostDirectory(directory: string, index: number, name: string): string {
  return join(directory, 'hosts', `${String(index).padStart(2, '0')}-${name}`)
}

/** Makes the empty disk and the host keys of a host; returns its lines of known_hosts. */
async function layOut({ directory, address, spec }: HostPlace): Promise<string> {
  for (const folder of ['upper', 'work', 'merged']) mkdirSync(join(directory, folder), { recursive: true })
  // The upper directory shows through as the root of the host.
  chmodSync(join(directory, 'upper'), 0o755)
  const types = ['ed25519', 'ecdsa'] as const
  const keys = await Promise.all(
    types.map((type) => makeKey(join(directory, `ssh_host_${type}_key`), type, `root@${spec.name}`)),
  )
  return keys.map((key) => `${address} ${key}\n`).join('')
}

function describe(
  files: { inventoryFile: string; knownHostsFile: string; privateKeyFile: string },
  places: HostPlace[],
) {
  const vars = {
    ansible_user: 'admin',
    ansible_ssh_private_key_file: files.privateKeyFile,
    ansible_ssh_common_args: `-o UserKnownHostsFile=${files.knownHostsFile}`,
  }
  const hosts = places.map(({ spec, address }) => ({
    name: spec.name,
    groups: spec.groups ?? ['databases', spec.suite],
    vars: { ansible_host: address },
  }))
  writeInventory(files.inventoryFile, vars, hosts)
}
