import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FleetHost, HostFleet } from '../../test/fleet/hosts/index.ts'
import { writeInventory } from '../../test/fleet/inventory.ts'
import type { Relay } from './relay.ts'
import type { Race, Target } from './stage.ts'

/** Prepares a race over some of the hosts, over their network or over a relay that makes them far away. */
export const makeRace = (fleet: HostFleet, hosts: readonly FleetHost[], relay?: Relay): Race => {
  const targets = hosts.map(({ name, address }): Target => {
    const near = relay?.addresses.get(address)
    return near === undefined || relay === undefined
      ? { name, address, port: 22 }
      : { name, address: near, port: relay.port }
  })
  const known = readFileSync(fleet.knownHostsFile, 'utf8')
  const lines = targets.flatMap(({ address, port }, index) =>
    known
      .split('\n')
      .filter((line) => line.startsWith(`${hosts[index]?.address} `))
      .map((line) => line.replace(/^\S+/, port === 22 ? address : `[${address}]:${port}`)),
  )
  return raceOf(fleet, hosts, targets, lines)
}

/** @param knownHosts lines of known_hosts for the targets */
export const raceOf = (
  fleet: HostFleet,
  hosts: readonly FleetHost[],
  targets: readonly Target[],
  knownHosts: readonly string[],
): Race => {
  mkdirSync(join(fleet.directory, 'races'), { recursive: true })
  const folder = mkdtempSync(join(fleet.directory, 'races', 'r'))
  const files = { inventoryFile: join(folder, 'inventory.yml'), knownHostsFile: join(folder, 'known_hosts') }
  writeFileSync(files.knownHostsFile, `${knownHosts.join('\n')}\n`)
  const vars = {
    ansible_user: 'admin',
    ansible_ssh_private_key_file: fleet.privateKeyFile,
    ansible_ssh_common_args: `-o IdentitiesOnly=yes -o UserKnownHostsFile=${files.knownHostsFile}`,
  }
  writeInventory(
    files.inventoryFile,
    vars,
    targets.map(({ name, address, port }) => ({
      name,
      groups: ['raced'],
      vars: { ansible_host: address, ansible_port: port },
    })),
  )
  return { fleet, targets, hosts, folder, ...files }
}
