import { LifeboatError } from '../base/errors.ts'
import { Template, type Value } from '../base/value.ts'
import type { YamlNode } from '../text/yaml/node.ts'
import { describeNode } from './kinds.ts'
import type { Loading } from './loading.ts'
import type { Placed } from './types.ts'
import { readValue } from './value.ts'

const TRUE = ['y', 'yes', 'on', '1', 'true', 't']
const FALSE = ['n', 'no', 'off', '0', 'false', 'f']

/** Reads what must be true or false; texts and numbers that Ansible takes for them become booleans. */
export const readBoolean = (node: YamlNode, name: string, loading: Loading): Placed<Value> => {
  const value = readValue(node, loading)
  if (value instanceof Template || typeof value === 'boolean') return { value, position: node.position }
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).toLowerCase() : ''
  if (TRUE.includes(text)) return { value: true, position: node.position }
  if (FALSE.includes(text)) return { value: false, position: node.position }
  throw wrongType(node, name, 'true or false')
}

/** Reads a number; a text of digits becomes one. */
export const readNumber = (node: YamlNode, name: string, loading: Loading): Placed<Value> => {
  const value = readValue(node, loading)
  if (value instanceof Template || typeof value === 'number') return { value, position: node.position }
  if (typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value)) {
    return { value: Number(value), position: node.position }
  }
  throw wrongType(node, name, 'a number')
}

/** Reads a text; a number is taken as it is written. */
export const readText = (node: YamlNode, name: string, loading: Loading): Placed<Value> => {
  const value = readValue(node, loading)
  if (value instanceof Template || typeof value === 'string') return { value, position: node.position }
  if (typeof value === 'number' && node.kind === 'scalar') return { value: node.source, position: node.position }
  throw wrongType(node, name, 'a text')
}

/** Reads one text or a list of texts. */
export const readTexts = (node: YamlNode, name: string, loading: Loading): Placed<Value>[] =>
  node.kind === 'sequence' ? node.items.map((item) => readText(item, name, loading)) : [readText(node, name, loading)]

export const wrongType = (node: YamlNode, name: string, wanted: string, hints: readonly string[] = []): LifeboatError =>
  new LifeboatError('playbook/wrong-type', `"${name}" must be ${wanted}, not ${describeNode(node)}`, {
    where: node.position,
    hints,
  })
