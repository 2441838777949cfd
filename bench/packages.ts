import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { $ } from 'zx/core'
import type { FleetHost, HostFleet } from '../test/fleet/hosts/index.ts'
import { initOf, shell } from './host.ts'

/** Packages that a bench wants on its hosts. */
export interface Wanted {
  /** The bench: each keeps its packages in a folder of its own. */
  readonly bench: string
  readonly packages: readonly string[]
}

/**
 * Installs what Lifeboat is compared with from Debian's packages, as Debian has them. Hosts have no way out: apt runs
 * in all namespaces of a host but the network's, which is the controller's. What it fetched is kept for the next run.
 *
 * @returns whether all went well; the contenders are then asked one by one whether their programs are there
 */
export const installPackages = async (
  fleet: HostFleet,
  wanted: Wanted,
  say: (line: string) => void,
): Promise<boolean> => {
  const hosts = Object.values(fleet.hosts)
  const [first] = hosts
  if (first === undefined) return false
  const folder = cacheOf(first, wanted)
  try {
    if (!existsSync(folder)) await download(first, wanted, folder)
  } catch (error) {
    say(`the packages could not be fetched: ${error instanceof Error ? error.message : error}`)
    return false
  }
  cpSync(folder, join(fleet.sharedFolder, 'packages'), { recursive: true })
  await Promise.all(hosts.map(install))
  return true
}

const cacheOf = (host: FleetHost, { bench, packages }: Wanted): string => {
  const parent = process.env.LIFEBOAT_FLEET_CACHE ?? '/var/cache/lifeboat-fleet'
  return join(parent, 'bench-packages', `${bench}-${host.suite}-${packages.join('-')}`)
}

const download = async (host: FleetHost, { packages }: Wanted, folder: string): Promise<void> => {
  cpSync('/etc/resolv.conf', join(host.root, 'etc/resolv.conf'))
  const apt = `export DEBIAN_FRONTEND=noninteractive
    apt-get -q update && apt-get -q -y install --no-install-recommends --download-only ${packages.join(' ')}`
  await $({ quiet: true })`nsenter -t ${initOf(host)} -m -u -i -p -C -r -w sh -c ${apt}`
  const archives = join(host.root, 'var/cache/apt/archives')
  const building = `${folder}.${process.pid}`
  mkdirSync(building, { recursive: true })
  for (const file of readdirSync(archives)) {
    if (file.endsWith('.deb')) cpSync(join(archives, file), join(building, file))
  }
  rmSync(folder, { recursive: true, force: true })
  renameSync(building, folder)
}

const install = (host: FleetHost): Promise<string> =>
  shell(
    host,
    'DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends /mnt/shared/packages/*.deb 2>&1',
  )
