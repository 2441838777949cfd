import { writeFileSync } from 'node:fs'
import { stringify } from 'yaml'

export interface InventoryHost {
  readonly name: string
  readonly groups: readonly string[]
  readonly vars: Readonly<Record<string, string | number | boolean>>
}

/** Writes an inventory as a user of the fleet's hosts would. */
export function writeInventory(file: string, vars: InventoryHost['vars'], hosts: readonly InventoryHost[]): void {
  const groups = [...new Set(hosts.flatMap((host) => host.groups))]
  const children = groups.map((group) => [
    group,
    { hosts: Object.fromEntries(hosts.filter((host) => host.groups.includes(group)).map(({ name }) => [name, {}])) },
  ])
  const all = {
    vars,
    hosts: Object.fromEntries(hosts.map((host) => [host.name, host.vars])),
    children: Object.fromEntries(children),
  }
  writeFileSync(file, stringify({ all }))
}
