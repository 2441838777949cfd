import type { PlainValue } from '../base/value.ts'
import type { Inventory, InventoryGroup } from './inventory.ts'

/** Gives the evaluated variables of a host, merged from everywhere. */
export type VariablesOf = (host: string) => Readonly<Record<string, PlainValue>>

/** The JSON document of `ansible-inventory --list`: what an inventory script would print for this inventory. */
export const inventoryAsList = (inventory: Inventory, variablesOf: VariablesOf): Record<string, PlainValue> => {
  const hostvars: Record<string, PlainValue> = {}
  for (const host of [...inventory.hosts.keys()].sort(byCode)) {
    const variables = sorted(variablesOf(host))
    if (Object.keys(variables).length > 0) hostvars[host] = variables
  }
  const groups: Record<string, PlainValue> = {}
  for (const name of [...inventory.groups.keys()].sort(byCode)) {
    const described = describeGroup(inventory, name)
    if (Object.keys(described).length > 0) groups[name] = described
  }
  return { _meta: { hostvars }, ...groups }
}

const describeGroup = (inventory: Inventory, name: string): Record<string, PlainValue> => {
  const group = inventory.groups.get(name)
  if (!group) return {}
  const hosts = name === 'all' ? [] : group.hosts
  return {
    ...(group.children.length > 0 ? { children: [...group.children] } : {}),
    ...(hosts.length > 0 ? { hosts: [...hosts] } : {}),
  }
}

export interface GraphOptions {
  /** The group at the top; `all` where none is given. */
  readonly group?: string | undefined
  /** Shows the variables of hosts and those of groups too. */
  readonly variablesOf?: VariablesOf | undefined
  /** Evaluated variables of a group itself. */
  readonly groupVariablesOf?: ((group: string) => Readonly<Record<string, PlainValue>>) | undefined
}

/** The tree of `ansible-inventory --graph`, without a newline at its end. */
export const inventoryAsGraph = (inventory: Inventory, options: GraphOptions = {}): string => {
  const top = inventory.groups.get(options.group ?? 'all')
  return top ? graphGroup(inventory, top, 0, options).join('\n') : ''
}

const graphGroup = (inventory: Inventory, group: InventoryGroup, depth: number, options: GraphOptions): string[] => {
  const lines = [graphLine(`@${group.name}:`, depth)]
  for (const name of group.children) {
    const child = inventory.groups.get(name)
    if (child) lines.push(...graphGroup(inventory, child, depth + 1, options))
  }
  if (group.name !== 'all') {
    for (const host of group.hosts) {
      lines.push(graphLine(host, depth + 1), ...graphVariables(options.variablesOf?.(host), depth + 2))
    }
  }
  return [...lines, ...graphVariables(options.groupVariablesOf?.(group.name), depth + 1)]
}

const graphVariables = (variables: Readonly<Record<string, PlainValue>> | undefined, depth: number): string[] =>
  Object.entries(sorted(variables ?? {})).map(([name, value]) => graphLine(`{${name} = ${pythonText(value)}}`, depth))

const graphLine = (text: string, depth: number): string => (depth === 0 ? text : `${'  |'.repeat(depth)}--${text}`)

const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Names in the order in which ansible-inventory prints them. */
export const sorted = (record: Readonly<Record<string, PlainValue>>): Record<string, PlainValue> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => byCode(a, b)))

/** A value as Python prints it. */
const pythonText = (value: PlainValue): string => (typeof value === 'string' ? value : pythonLiteral(value))

const pythonLiteral = (value: PlainValue): string => {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return pythonString(value)
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(', ')}]`
  return `{${Object.entries(value)
    .map(([key, item]) => `${pythonString(key)}: ${pythonLiteral(item)}`)
    .join(', ')}}`
}

const pythonString = (text: string): string => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll('\r', '\\r')
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote
}
