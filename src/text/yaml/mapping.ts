import { isMap, isScalar, type ParsedNode, type YAMLMap } from 'yaml'
import { LifeboatError } from '../../base/errors.ts'
import { formatPosition, type Position } from '../../base/position.ts'
import { locate } from '../lines.ts'
import type { Building } from './building.ts'
import type { MappingEntry, MappingNode, YamlNode } from './node.ts'
import { isPlain, textOffset } from './scalar-text.ts'
import { unquotedTemplate } from './syntax-error.ts'

type Parsed = YAMLMap<ParsedNode, ParsedNode | null>

/** Builds a mapping: keys as they are written, each once; what `<<` brings in stands before and gives way. */
export const buildMapping = (node: Parsed, building: Building): MappingNode => {
  const position = locate(building.source, node.range?.[0] ?? 0)
  const own = new Map<string, MappingEntry>()
  const merged = new Map<string, MappingEntry>()
  for (const pair of node.items) {
    const key = pair.key as ParsedNode | null
    if (isMap(key) && (key as { flow?: boolean }).flow) throw unquotedTemplate(templatePosition(node, building))
    const { name, keyPosition, merge } = readKey(key, position, building)
    const value = pair.value ? building.build(pair.value) : emptyScalar(keyPosition)
    if (merge) {
      for (const entry of mergedEntries(value, keyPosition)) if (!merged.has(entry.key)) merged.set(entry.key, entry)
      continue
    }
    const first = own.get(name)
    if (first) throw duplicateKey(name, keyPosition, first.keyPosition)
    own.set(name, { key: name, keyPosition, value })
  }
  const entries = [...merged.values()].filter((entry) => !own.has(entry.key)).concat(...own.values())
  return { kind: 'mapping', entries, position }
}

const readKey = (
  key: ParsedNode | null,
  position: Position,
  building: Building,
): { name: string; keyPosition: Position; merge: boolean } => {
  const node = key !== null && 'source' in key && !isScalar(key) ? building.build(key) : undefined
  if (node?.kind === 'scalar') return { name: node.source, keyPosition: node.position, merge: false }
  if (!isScalar(key)) {
    throw new LifeboatError('yaml/bad-key', 'a key must be a text, not a list or a mapping', {
      where: key ? locate(building.source, key.range[0]) : position,
    })
  }
  const text = String(key.value)
  if (key.anchor !== undefined) building.build(key)
  return {
    name: text,
    keyPosition: locate(building.source, textOffset(key, building.source.text), Math.max(1, text.length)),
    merge: text === '<<' && isPlain(key),
  }
}

const templatePosition = (node: Parsed, building: Building): Position => {
  const [start, end] = node.range ?? [0, 1, 1]
  return locate(building.source, start, end - start)
}

const emptyScalar = (position: Position): YamlNode => ({
  kind: 'scalar',
  value: null,
  source: '',
  quoted: false,
  position,
})

const mergedEntries = (value: YamlNode, where: Position): readonly MappingEntry[] => {
  if (value.kind === 'mapping') return value.entries
  if (value.kind === 'sequence') return value.items.flatMap((item) => mergedEntries(item, where))
  throw new LifeboatError('yaml/bad-merge', 'the merge key << needs a mapping or a list of mappings', {
    where,
    hints: ['give it an alias of a mapping: <<: *name'],
  })
}

const duplicateKey = (name: string, where: Position, first: Position): LifeboatError =>
  new LifeboatError('yaml/duplicate-key', `the key "${name}" stands twice in one mapping`, {
    where,
    hints: [`the first stands at ${formatPosition(first)}; remove one of the two`],
  })
