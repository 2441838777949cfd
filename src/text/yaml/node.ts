import type { Position } from '../../base/position.ts'

/** A parsed YAML document as a tree in which every node knows its place in the file. */
export type YamlNode = ScalarNode | SequenceNode | MappingNode

export interface ScalarNode {
  readonly kind: 'scalar'
  /** The value by YAML 1.1 rules as PyYAML applies them (`yes` is true, dates stay strings). */
  readonly value: null | boolean | number | string
  /** The text as it stands in the file, without quotes: `0644` where the value is 420. */
  readonly source: string
  /** Whether it was written in quotes or as a block, so that it is a string by intent. */
  readonly quoted: boolean
  /** `!unsafe` and `!vault` texts are never templates. */
  readonly tag?: 'unsafe' | 'vault'
  readonly position: Position
}

export interface SequenceNode {
  readonly kind: 'sequence'
  readonly items: readonly YamlNode[]
  readonly position: Position
}

export interface MappingEntry {
  readonly key: string
  readonly keyPosition: Position
  readonly value: YamlNode
}

export interface MappingNode {
  readonly kind: 'mapping'
  /** In the order of the file, merge keys (`<<`) already merged, keys unique. */
  readonly entries: readonly MappingEntry[]
  readonly position: Position
}

/** The entry of a mapping by its key. */
export const entryOf = (node: MappingNode, key: string): MappingEntry | undefined =>
  node.entries.find((entry) => entry.key === key)
