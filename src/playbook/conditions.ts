import { LifeboatError } from '../base/errors.ts'
import { checkExpression } from '../text/template/index.ts'
import type { ScalarNode, YamlNode } from '../text/yaml/node.ts'
import { describeNode, isNothing } from './kinds.ts'
import type { Loading } from './loading.ts'
import type { Condition } from './types.ts'

/**
 * Reads `when`, `until`, `changed_when` or `failed_when`: one expression, a boolean, or a list of them that must all
 * hold. Their syntax is checked.
 *
 * @param name the keyword, for messages
 * @throws playbook/wrong-type; template/… and playbook/template-in-condition are collected
 */
export const readConditions = (node: YamlNode, name: string, loading: Loading): readonly Condition[] => {
  if (isNothing(node)) return []
  if (node.kind === 'scalar') return [readCondition(node, loading)]
  if (node.kind === 'sequence') {
    return node.items.map((item) => {
      if (item.kind !== 'scalar') throw notACondition(item, name)
      return readCondition(item, loading)
    })
  }
  throw notACondition(node, name)
}

const readCondition = (node: ScalarNode, loading: Loading): Condition => {
  const text = typeof node.value === 'string' ? node.value : node.value === null ? 'true' : String(node.value)
  const bare = withoutBraces(text)
  if (bare !== undefined) {
    loading.problems.warn(inBraces(node, `the braces around this condition are not needed: ${bare.trim()}`))
    loading.problems.attempt(() => checkExpression(bare, node.position))
    return { text: bare.trim(), position: node.position }
  }
  if (/\{\{|\{%/.test(text)) loading.problems.add(inBraces(node, 'a condition cannot hold template braces'))
  else loading.problems.attempt(() => checkExpression(text, node.position))
  return { text, position: node.position }
}

/** The expression in a text that is one `{{ … }}` and nothing else. */
const withoutBraces = (text: string): string | undefined => /^\s*\{\{((?:(?!\}\}|\{\{)[\s\S])*)\}\}\s*$/.exec(text)?.[1]

const inBraces = (node: ScalarNode, message: string): LifeboatError =>
  new LifeboatError('playbook/template-in-condition', message, {
    where: node.position,
    hints: ['a condition is an expression already: write x == y, not x == "{{ y }}"'],
  })

const notACondition = (node: YamlNode, name: string): LifeboatError =>
  new LifeboatError('playbook/wrong-type', `"${name}" takes expressions, not ${describeNode(node)}`, {
    where: node.position,
    hints: ['write one expression, or a list of expressions that must all hold'],
  })
