import type { FleetHost, HostFleet } from '../../test/fleet/hosts/index.ts'
import type { Command } from '../tally.ts'

/** A host as those who race reach it. */
export interface Target {
  readonly name: string
  readonly address: string
  readonly port: number
}

/** What one race is about: the same for all who take part. */
export interface Race {
  readonly fleet: HostFleet
  readonly targets: readonly Target[]
  /** The hosts behind the targets. */
  readonly hosts: readonly FleetHost[]
  /** An inventory that Ansible and Lifeboat both read. */
  readonly inventoryFile: string
  readonly knownHostsFile: string
  /** For scripts and what the tools keep. */
  readonly folder: string
}

/** A way to bring hosts to the state that the playbook describes. */
export interface Contender {
  readonly name: string
  /** In the tables. */
  readonly title: string
  /** Why it cannot take part on this machine; undefined where it can. */
  missing(): Promise<string | undefined>
  /** Writes what it needs into the race's folder and gives the command. */
  command(race: Race): Command
  /** Throws where its output does not show that the second run changed nothing on any of so many hosts. */
  settled?(stdout: string, hosts: number): void
}
