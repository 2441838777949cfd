import type { ParsedNode } from 'yaml'
import type { Source } from '../../base/position.ts'
import type { YamlNode } from './node.ts'

/** What one document needs while its nodes are built: its source, its anchors and how much aliases brought. */
export interface Building {
  readonly source: Source
  readonly anchors: Map<string, YamlNode>
  aliasNodes: number
  /** Builds one node and what it holds. */
  readonly build: (node: ParsedNode) => YamlNode
}
