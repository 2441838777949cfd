import { dirname, resolve } from 'node:path'
import type { PlainValue } from '../base/value.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Role } from '../playbook/types.ts'
import type { PlayRun } from './run.ts'

/** Version of ansible-core whose documented behaviour playbooks are read by. */
const COMPATIBLE = { full: '2.18.0', major: 2, minor: 18, revision: 0, string: '2.18.0' }

const known = new WeakMap<Inventory, Record<string, string[]>>()

/** All groups with their hosts. The inventory does not change in a run, so that this is made once. */
const groupsOf = (inventory: Inventory): Record<string, string[]> => {
  const made =
    known.get(inventory) ??
    Object.fromEntries([...inventory.groups.keys()].map((name): [string, string[]] => [name, inventory.hostsOf(name)]))
  known.set(inventory, made)
  return made
}

/** Whether a name is one that magic variables have, which no other variable can beat. */
export const isMagic = (name: string): boolean =>
  /^(ansible|inventory|lifeboat|role)_|^(groups|group_names|hostvars|omit|play_hosts|playbook_dir)$/.test(name)

/** Variables that every host has by itself and nobody can set (Ansible manual, "Special variables"). */
export const magicVariables = (playRun: PlayRun, host: string, role: Role | undefined): Record<string, PlainValue> => {
  const { run, play } = playRun
  const { options, inventory } = run
  const source = inventory.sources[0]
  const inventoryFile = source !== undefined && !source.includes(',') ? resolve(source) : null
  return {
    inventory_hostname: host,
    inventory_hostname_short: host.split('.')[0] ?? host,
    group_names: [...(inventory.hosts.get(host)?.groups ?? [])],
    groups: groupsOf(inventory),
    ansible_play_hosts_all: [...playRun.hosts],
    ansible_play_hosts: playRun.hosts.filter(
      (name) => run.hosts.of(name).out === undefined && !playRun.ended.has(name),
    ),
    play_hosts: [...playRun.active],
    ansible_play_batch: [...playRun.batch],
    ansible_play_name: playRun.info.name,
    ansible_role_names: play.roles.flatMap((block) => (block.role ? [block.role.name] : [])),
    ansible_play_role_names: play.roles.flatMap((block) => (block.role ? [block.role.name] : [])),
    playbook_dir: resolve(play.directory),
    inventory_dir: inventoryFile === null ? null : dirname(inventoryFile),
    inventory_file: inventoryFile,
    ...(role ? { role_name: role.name, ansible_role_name: role.name, role_path: resolve(role.path) } : {}),
    ansible_check_mode: options.checkMode,
    ansible_diff_mode: options.diffMode,
    ansible_verbosity: options.verbosity,
    ansible_forks: options.forks,
    ansible_run_tags: options.tags.length > 0 ? [...options.tags] : ['all'],
    ansible_skip_tags: [...options.skipTags],
    ansible_limit: options.limit ?? null,
    ansible_version: COMPATIBLE,
    ansible_managed: 'Managed by Lifeboat: do not edit here',
    lifeboat_run_id: options.runId,
  }
}
