import { LifeboatError } from '../base/errors.ts'
import type { DraftGroup, InventoryDraft } from './draft.ts'
import type { Inventory, InventoryGroup, InventoryHost } from './inventory.ts'
import { selectHosts } from './select.ts'

/**
 * Makes the inventory of what was read: groups without a parent go under `all`, hosts of no group into `ungrouped`,
 * depths are counted. A host and a group of one name give a warning.
 */
export const finishInventory = (draft: InventoryDraft, sources: readonly string[]): Inventory => {
  for (const group of draft.groups.values()) {
    if (group.parents.size === 0 && group.name !== 'all') draft.addChild('all', group.name)
  }
  settleUngrouped(draft)
  const groups = new Map<string, InventoryGroup>()
  for (const group of draft.groups.values()) groups.set(group.name, { ...asLists(group), depth: depthOf(draft, group) })
  const hosts = new Map<string, InventoryHost>()
  const memberships = membershipsOf(draft)
  for (const { name, vars } of draft.hosts.values()) {
    hosts.set(name, { name, vars, groups: [...(memberships.get(name) ?? [])].sort(byCode) })
    if (draft.groups.has(name)) {
      draft.warnings.push(new LifeboatError('inventory/same-name', `"${name}" is the name of a host and of a group`))
    }
  }
  const inventory: Inventory = {
    hosts,
    groups,
    sources,
    warnings: draft.warnings,
    select: (pattern, options) => selectHosts(inventory, pattern, options),
    hostsOf: (group) => hostsOfGroup(groups, group),
  }
  return inventory
}

/** Order by code units, as Python sorts names. */
const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const asLists = (group: DraftGroup): Omit<InventoryGroup, 'depth'> => ({
  ...group,
  parents: [...group.parents],
  children: [...group.children],
  hosts: [...group.hosts],
})

const settleUngrouped = (draft: InventoryDraft): void => {
  const ungrouped = draft.addGroup('ungrouped')
  const grouped = new Set<string>()
  for (const group of draft.groups.values()) {
    if (group.name !== 'all' && group.name !== 'ungrouped') for (const host of group.hosts) grouped.add(host)
  }
  for (const host of draft.hosts.keys()) {
    if (grouped.has(host)) ungrouped.hosts.delete(host)
    else ungrouped.hosts.add(host)
  }
}

const depthOf = (draft: InventoryDraft, group: DraftGroup): number => {
  let depth = 0
  for (const parent of group.parents) {
    const above = draft.groups.get(parent)
    if (above) depth = Math.max(depth, depthOf(draft, above) + 1)
  }
  return depth
}

const membershipsOf = (draft: InventoryDraft): Map<string, Set<string>> => {
  const memberships = new Map<string, Set<string>>()
  const ancestors = new Map<string, ReadonlySet<string>>()
  const ancestorsOf = (name: string): ReadonlySet<string> => {
    const known = ancestors.get(name)
    if (known) return known
    const found = new Set(name === 'all' ? [] : [name])
    for (const parent of draft.groups.get(name)?.parents ?? []) for (const one of ancestorsOf(parent)) found.add(one)
    ancestors.set(name, found)
    return found
  }
  for (const group of draft.groups.values()) {
    for (const host of group.hosts) {
      const names = memberships.get(host) ?? new Set<string>()
      memberships.set(host, names)
      for (const name of ancestorsOf(group.name)) names.add(name)
    }
  }
  return memberships
}

/** Hosts of a group level by level: its own first, then those of its children, as Ansible orders them. */
const hostsOfGroup = (groups: ReadonlyMap<string, InventoryGroup>, name: string): string[] => {
  const hosts = new Set<string>()
  const seen = new Set([name])
  let level = [name]
  while (level.length > 0) {
    const next: string[] = []
    for (const group of level.map((one) => groups.get(one))) {
      for (const host of group?.hosts ?? []) hosts.add(host)
      for (const child of group?.children ?? []) {
        if (!seen.has(child)) next.push(child)
        seen.add(child)
      }
    }
    level = next
  }
  return [...hosts]
}
