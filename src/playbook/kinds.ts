import type { YamlNode } from '../text/yaml/node.ts'

/** Whether a node says nothing: a key without a value. */
export const isNothing = (node: YamlNode): boolean => node.kind === 'scalar' && node.value === null && !node.tag

/** What a node is, as a message says it: `a list`, `a mapping`, `the text "x"`, `true`, `nothing`. */
export const describeNode = (node: YamlNode): string => {
  if (node.kind !== 'scalar') return node.kind === 'sequence' ? 'a list' : 'a mapping'
  if (node.value === null) return 'nothing'
  if (typeof node.value !== 'string') return String(node.value)
  return node.value.length > 40 ? 'a text' : `"${node.value}"`
}
