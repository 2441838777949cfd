import { stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { LifeboatError } from '../base/errors.ts'
import type { Variables } from '../base/value.ts'
import { readVariablesFile } from '../text/variables-file.ts'
import type { ToValueOptions } from '../text/yaml/value.ts'
import { implicitHost } from './implicit-host.ts'
import type { Inventory, InventoryGroup } from './inventory.ts'
import { isHostList } from './sources/host-list.ts'
import { variableFilesIn } from './variable-files.ts'

/** The variables of each host from the inventory and the variable folders, merged. */
export interface HostVariables {
  /** All variables of a host, also of the implicit localhost; empty for a name that is no host. */
  of(host: string): Variables
  /** Files that are there and do not count. */
  readonly warnings: readonly LifeboatError[]
}

/** Variables by name of group or host, from one folder. */
type Folder = ReadonlyMap<string, Variables>

/**
 * Reads group_vars and host_vars beside the sources of the inventory and beside the playbooks, and merges them with
 * the inventory's own variables by Ansible's precedence ("Understanding variable precedence", 3 to 10): groups of the
 * file, group_vars/all of inventory and playbook, other group_vars of both, then the host in the same order. Among
 * groups: `all`, then by depth, `ansible_group_priority` and name.
 *
 * @throws yaml/…, vault/…, variables/not-a-mapping
 */
export const loadVariableFolders = async (
  inventory: Inventory,
  playbookDirectories: readonly string[],
  options: ToValueOptions = {},
): Promise<HostVariables> => {
  const warnings: LifeboatError[] = []
  const read = (kind: string, directories: readonly string[], names: ReadonlyMap<string, unknown>): Promise<Folder[]> =>
    Promise.all(directories.map((directory) => readFolder(join(directory, kind), names, warnings, options)))
  const besideInventory = await directoriesOf(inventory.sources)
  const besidePlaybook = distinct(playbookDirectories)
  const hosts = new Map<string, unknown>([...LOCAL, ...inventory.hosts])
  const inventoryGroups = await read('group_vars', besideInventory, inventory.groups)
  const playbookGroups = await read('group_vars', besidePlaybook, inventory.groups)
  const inventoryHosts = await read('host_vars', besideInventory, hosts)
  const playbookHosts = await read('host_vars', besidePlaybook, hosts)

  const ofGroups = new Map<string, Variables>()
  const variablesOfGroups = (names: readonly string[]): Variables => {
    const key = names.join(' ')
    const known = ofGroups.get(key)
    if (known) return known
    const groups = sortGroups(names.flatMap((name) => inventory.groups.get(name) ?? []))
    const others = groups.map(({ name }) => name)
    const merged = merge([
      inventory.groups.get('all')?.vars,
      ...groups.map(({ vars }) => vars),
      ...pick(inventoryGroups, ['all']),
      ...pick(playbookGroups, ['all']),
      ...pick(inventoryGroups, others),
      ...pick(playbookGroups, others),
    ])
    ofGroups.set(key, merged)
    return merged
  }

  const ofHosts = new Map<string, Variables>()
  const of = (name: string): Variables => {
    const known = ofHosts.get(name)
    if (known) return known
    const host = inventory.hosts.get(name) ?? implicitHost(name)
    if (!host) return {}
    const own = [host.vars, ...pick(inventoryHosts, [name]), ...pick(playbookHosts, [name])]
    const merged = merge([variablesOfGroups(host.groups), ...own])
    ofHosts.set(name, merged)
    return merged
  }
  return { of, warnings }
}

const LOCAL = ['localhost', '127.0.0.1', '::1'].map((name) => [name, undefined] as const)

const merge = (parts: readonly (Variables | undefined)[]): Variables => Object.assign({}, ...parts)

const pick = (folders: readonly Folder[], names: readonly string[]): (Variables | undefined)[] =>
  folders.flatMap((folder) => names.map((name) => folder.get(name)))

const sortGroups = (groups: readonly InventoryGroup[]): InventoryGroup[] =>
  [...groups].sort((a, b) => a.depth - b.depth || a.priority - b.priority || (a.name < b.name ? -1 : 1))

/** Folders beside which variables of the inventory stand: the source itself where it is a folder, else its folder. */
const directoriesOf = async (sources: readonly string[]): Promise<string[]> => {
  const directories: string[] = []
  for (const source of sources) {
    const found = await stat(source).catch(() => undefined)
    if (found?.isDirectory()) directories.push(source)
    else if (found || !isHostList(source)) directories.push(dirname(source))
  }
  return distinct(directories)
}

/** Each folder once, by the name that the user gave it first. */
const distinct = (directories: readonly string[]): string[] =>
  [...new Map([...directories].reverse().map((directory) => [resolve(directory), directory])).values()].reverse()

const readFolder = async (
  folder: string,
  names: ReadonlyMap<string, unknown>,
  warnings: LifeboatError[],
  options: ToValueOptions,
): Promise<Folder> => {
  const variables = new Map<string, Variables>()
  for (const [name, { files, shadowed }] of await variableFilesIn(folder)) {
    if (!names.has(name)) continue
    for (const path of shadowed) {
      const message = `${path} does not count: ${join(folder, name)} is there too, and Ansible takes only one of them`
      const hints = [`move its variables into the folder ${name}/, all of whose files count`]
      warnings.push(new LifeboatError('inventory/shadowed-file', message, { hints }))
    }
    const parts: Variables[] = []
    for (const path of files) parts.push(await readVariablesFile(path, options))
    variables.set(name, merge(parts))
  }
  return variables
}
