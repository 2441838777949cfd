import { LifeboatError } from '../../base/errors.ts'
import { didYouMean } from '../../base/nearest.ts'
import type { Position, Source } from '../../base/position.ts'
import { hasTemplate, isMapping, type Value } from '../../base/value.ts'
import { entryOf, type MappingEntry, type MappingNode, type YamlNode } from '../../text/yaml/node.ts'
import { parseYaml } from '../../text/yaml/parse.ts'
import { type ToValueOptions, toValue } from '../../text/yaml/value.ts'
import type { InventoryDraft } from '../draft.ts'
import { readHostNames } from '../host-names.ts'

const KEYS = ['hosts', 'children', 'vars'] as const

/**
 * Reads a YAML (or JSON) inventory: a mapping of groups, each with `hosts`, `children` and `vars`. Names of hosts may
 * be ranges and have a port.
 *
 * @throws yaml/…, inventory/wrong-type, inventory/unknown-key, inventory/group-loop, inventory/bad-range
 */
export const readYamlInventory = (draft: InventoryDraft, source: Source, options: ToValueOptions = {}): void => {
  const root = parseYaml(source)
  if (root === undefined || isNull(root)) return
  if (root.kind !== 'mapping') {
    throw wrongType('a YAML inventory is a mapping of groups', root.position, ['begin the file with "all:"'])
  }
  const plugin = entryOf(root, 'plugin')
  if (plugin) {
    throw new LifeboatError('inventory/unknown-format', 'inventory plugins are not supported yet', {
      where: plugin.keyPosition,
      hints: ['an executable script that prints the JSON of --list can take its place'],
    })
  }
  for (const entry of root.entries) readGroup(draft, entry, options)
}

const readGroup = (
  draft: InventoryDraft,
  { key: name, keyPosition, value }: MappingEntry,
  options: ToValueOptions,
): void => {
  if (hasTemplate(name)) throw wrongType(`the name of a group cannot be a template: "${name}"`, keyPosition)
  draft.addGroup(name)
  if (isNull(value)) return
  if (value.kind !== 'mapping') {
    throw wrongType(`the group "${name}" must be a mapping of hosts, children and vars`, value.position)
  }
  for (const { key, keyPosition: place } of value.entries) {
    if (KEYS.some((known) => known === key)) continue
    throw new LifeboatError('inventory/unknown-key', `"${key}" is not a key of a group`, {
      where: { ...place, length: key.length },
      hints: [...didYouMean(key, KEYS), 'a group has hosts, children and vars; groups below it stand under children'],
    })
  }
  for (const [key, node] of mappingOf(value, 'vars', name)) {
    draft.setGroupVariable(name, key, toValue(node, options), node.position)
  }
  for (const entry of entriesOf(value, 'children', name)) {
    readGroup(draft, entry, options)
    draft.addChild(name, entry.key, entry.keyPosition)
  }
  for (const entry of entriesOf(value, 'hosts', name)) readHost(draft, name, entry, options)
}

const readHost = (draft: InventoryDraft, group: string, entry: MappingEntry, options: ToValueOptions): void => {
  const { names, port } = readHostNames(entry.key, entry.keyPosition)
  const vars: Record<string, Value> = port === undefined ? {} : { ansible_port: port }
  if (!isNull(entry.value)) {
    const given = toValue(entry.value, options)
    if (!isMapping(given)) {
      throw wrongType(`the host "${entry.key}" must be a mapping of variables`, entry.value.position)
    }
    Object.assign(vars, given)
  }
  for (const name of names) draft.addHost(name, group, vars)
}

const isNull = (node: YamlNode): boolean => node.kind === 'scalar' && node.value === null && node.tag === undefined

/** Entries under a key of a group; one bare name stands for a mapping of it. */
const entriesOf = (group: MappingNode, key: string, name: string): readonly MappingEntry[] => {
  const node = entryOf(group, key)?.value
  if (!node || isNull(node)) return []
  if (node.kind === 'mapping') return node.entries
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    const empty = { kind: 'mapping', entries: [], position: node.position } as const
    return [{ key: node.value, keyPosition: node.position, value: empty }]
  }
  const hint = node.kind === 'sequence' ? ['write each name as a key: "db1:" in the place of "- db1"'] : []
  throw wrongType(`"${key}" of the group "${name}" must be a mapping, not a ${kindOf(node)}`, node.position, hint)
}

const mappingOf = (group: MappingNode, key: string, name: string): [string, YamlNode][] => {
  const node = entryOf(group, key)?.value
  if (!node || isNull(node)) return []
  if (node.kind === 'mapping') return node.entries.map((entry) => [entry.key, entry.value])
  throw wrongType(`"${key}" of the group "${name}" must be a mapping, not a ${kindOf(node)}`, node.position)
}

const kindOf = (node: YamlNode): string => (node.kind === 'sequence' ? 'list' : 'single value')

const wrongType = (message: string, where: Position, hints: readonly string[] = []): LifeboatError =>
  new LifeboatError('inventory/wrong-type', message, { where, hints })
