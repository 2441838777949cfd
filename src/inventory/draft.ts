import { LifeboatError } from '../base/errors.ts'
import type { Position } from '../base/position.ts'
import type { Value } from '../base/value.ts'

export interface DraftHost {
  readonly name: string
  readonly vars: Record<string, Value>
}

export interface DraftGroup {
  readonly name: string
  readonly parents: Set<string>
  readonly children: Set<string>
  readonly hosts: Set<string>
  readonly vars: Record<string, Value>
  priority: number
}

/** The inventory while its sources are being read into it, one after the other. */
export class InventoryDraft {
  readonly groups = new Map<string, DraftGroup>()
  readonly hosts = new Map<string, DraftHost>()
  readonly warnings: LifeboatError[] = []

  constructor() {
    this.addGroup('all')
    this.addGroup('ungrouped')
    this.addChild('all', 'ungrouped')
  }

  /** Adds a group, or finds it where it is there already. */
  addGroup(name: string): DraftGroup {
    const known = this.groups.get(name)
    if (known) return known
    const group = {
      name,
      parents: new Set<string>(),
      children: new Set<string>(),
      hosts: new Set<string>(),
      vars: {},
      priority: 1,
    }
    this.groups.set(name, group)
    return group
  }

  /** Adds a host to a group; its variables join those it has, the later ones win. */
  addHost(name: string, group: string, vars: Readonly<Record<string, Value>> = {}): void {
    const host = this.hosts.get(name) ?? { name, vars: {} }
    this.hosts.set(name, host)
    Object.assign(host.vars, vars)
    this.addGroup(group).hosts.add(name)
  }

  /** @throws inventory/group-loop */
  addChild(parent: string, child: string, where?: Position): void {
    if (parent === child || this.#reaches(child, parent)) {
      throw new LifeboatError('inventory/group-loop', `group "${child}" cannot be a child of "${parent}": a loop`, {
        where,
        hints: [parent === child ? 'a group cannot contain itself' : `"${parent}" is already inside "${child}"`],
      })
    }
    this.addGroup(parent).children.add(child)
    this.addGroup(child).parents.add(parent)
  }

  /** @throws inventory/wrong-type for an `ansible_group_priority` that is no whole number */
  setGroupVariable(group: string, name: string, value: Value, where?: Position): void {
    if (name !== 'ansible_group_priority') {
      this.addGroup(group).vars[name] = value
      return
    }
    const priority = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
    if (typeof priority !== 'number' || !Number.isInteger(priority)) {
      throw new LifeboatError('inventory/wrong-type', 'ansible_group_priority must be a whole number', { where })
    }
    this.addGroup(group).priority = priority
  }

  #reaches(from: string, to: string): boolean {
    const children = this.groups.get(from)?.children ?? []
    for (const child of children) if (child === to || this.#reaches(child, to)) return true
    return false
  }
}
