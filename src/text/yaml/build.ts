import { isAlias, isMap, isScalar, isSeq, type ParsedNode, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml'
import { LifeboatError } from '../../base/errors.ts'
import type { Source } from '../../base/position.ts'
import { locate } from '../lines.ts'
import type { Building } from './building.ts'
import { buildMapping } from './mapping.ts'
import type { ScalarNode, YamlNode } from './node.ts'
import { readScalar } from './scalar.ts'
import { isPlain, textOffset } from './scalar-text.ts'
import { checkCollectionTag, readTagged } from './tag.ts'

/** More nodes than this out of aliases is an attack or an accident ("billion laughs"). */
const ALIAS_NODES = 100_000

/** Turns the parser's tree into ours: scalars read by PyYAML's rules, aliases and merge keys resolved. */
export const buildNode = (contents: ParsedNode, source: Source): YamlNode => {
  const building: Building = { source, anchors: new Map(), aliasNodes: 0, build: (node) => build(node, building) }
  return building.build(contents)
}

const build = (node: ParsedNode, building: Building): YamlNode => {
  if (isAlias(node)) return follow(node.source, node.range, building)
  const built = isScalar(node) ? buildScalar(node, building.source) : buildCollection(node, building)
  if (node.anchor !== undefined) building.anchors.set(node.anchor, built)
  return built
}

const buildCollection = (node: Exclude<ParsedNode, Scalar>, building: Building): YamlNode => {
  checkCollectionTag(node as YAMLMap | YAMLSeq, building.source)
  if (isMap(node)) return buildMapping(node as YAMLMap<ParsedNode, ParsedNode | null>, building)
  if (!isSeq(node)) throw new LifeboatError('lifeboat/bug', 'a YAML node of no known kind')
  const items = node.items.map((item) => build(item as ParsedNode, building))
  return { kind: 'sequence', items, position: locate(building.source, node.range[0]) }
}

const buildScalar = (node: Scalar.Parsed, source: Source): ScalarNode => {
  const text = String(node.value)
  const plain = isPlain(node)
  const offset = textOffset(node, source.text)
  const end = plain ? node.range[1] : Math.max(offset, node.range[1] - (node.type?.startsWith('QUOTE') ? 1 : 0))
  const lineEnd = source.text.indexOf('\n', offset)
  const length = Math.max(1, Math.min(end, lineEnd < 0 ? source.text.length : lineEnd) - offset)
  const position = locate(source, offset, length)
  const base = { kind: 'scalar', source: text, quoted: !plain, position } as const
  if (node.tag === '!unsafe' || node.tag === '!vault' || node.tag === '!vault-encrypted') {
    return { ...base, value: text, tag: node.tag === '!unsafe' ? 'unsafe' : 'vault' }
  }
  if (node.tag !== undefined && node.tag !== '!') return { ...base, value: readTagged(node.tag, text, position) }
  return { ...base, value: plain ? readScalar(text) : text }
}

const follow = (name: string, range: readonly [number, number, number], building: Building): YamlNode => {
  const where = locate(building.source, range[0], name.length + 1)
  const target = building.anchors.get(name)
  if (!target) {
    throw new LifeboatError('yaml/unknown-alias', `the alias *${name} has no anchor before it`, {
      where,
      hints: [`write &${name} before the value that is meant, or quote the text if no alias is meant`],
    })
  }
  building.aliasNodes += countNodes(target)
  if (building.aliasNodes > ALIAS_NODES) {
    throw new LifeboatError('yaml/too-many-aliases', `aliases expand to more than ${ALIAS_NODES} nodes`, { where })
  }
  return target
}

const sizes = new WeakMap<YamlNode, number>()

const countNodes = (node: YamlNode): number => {
  if (node.kind === 'scalar') return 1
  const known = sizes.get(node)
  if (known !== undefined) return known
  const inside = node.kind === 'sequence' ? node.items : node.entries.map((entry) => entry.value)
  const size = inside.reduce((total, item) => total + countNodes(item), 1)
  sizes.set(node, size)
  return size
}
