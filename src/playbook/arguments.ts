import { LifeboatError } from '../base/errors.ts'
import { hasTemplate, Template, type Value } from '../base/value.ts'
import { checkExpression } from '../text/template/index.ts'
import type { MappingEntry, ScalarNode, YamlNode } from '../text/yaml/node.ts'
import { readKeyValues } from './key-values.ts'
import { describeNode, isNothing } from './kinds.ts'
import type { Loading } from './loading.ts'
import type { Placed, TaskArguments } from './types.ts'
import { checkTemplates, readPlaced } from './value.ts'

/** Modules whose text is never taken for `key=value`. */
const FREE_FORM = ['command', 'shell', 'raw', 'script', 'meta', 'zx', 'include_vars', 'include_tasks', 'import_tasks']

/**
 * Reads the arguments of a task: a mapping, `key=value` text, or free text for modules that take one; `args:` gives
 * further ones, which those of the module itself win over.
 *
 * @throws playbook/wrong-type, playbook/bad-arguments; template/… are collected
 */
export const readArguments = (
  module: string,
  node: YamlNode,
  args: YamlNode | undefined,
  loading: Loading,
): TaskArguments => {
  const own = readOwn(module, node, loading)
  const further = args && !isNothing(args) ? readFurther(module, args, loading) : NONE
  return {
    freeForm: own.freeForm,
    values: { ...further.values, ...own.values },
    template: own.template ?? further.template,
  }
}

const NONE: TaskArguments = { freeForm: undefined, values: {}, template: undefined }

const readOwn = (module: string, node: YamlNode, loading: Loading): TaskArguments => {
  if (isNothing(node)) return NONE
  if (node.kind === 'mapping') return { ...NONE, values: readEntries(module, node.entries, loading) }
  if (node.kind === 'sequence') throw wrongArguments(module, node)
  const written = String(node.value)
  if (FREE_FORM.includes(module)) return { ...NONE, freeForm: readPlaced(textNode(node), loading) }
  if (isOneTemplate(written)) return { ...NONE, template: readPlaced(node, loading) }
  const values = typeof node.value === 'string' ? readKeyValues(node) : undefined
  if (!values) return { ...NONE, freeForm: readPlaced(textNode(node), loading) }
  for (const { value } of Object.values(values)) checkTemplates(value, loading)
  return { ...NONE, values }
}

const readFurther = (module: string, node: YamlNode, loading: Loading): TaskArguments => {
  if (node.kind === 'mapping') return { ...NONE, values: readEntries(module, node.entries, loading) }
  const placed = readPlaced(node, loading)
  if (placed.value instanceof Template) return { ...NONE, template: placed }
  throw wrongArguments('args', node)
}

const readEntries = (
  module: string,
  entries: readonly MappingEntry[],
  loading: Loading,
): Record<string, Placed<Value>> =>
  Object.fromEntries(
    entries.map(({ key, value }) => {
      if (EXPRESSIONS[module] === key) checkExpressions(value, loading)
      return [key, readPlaced(value, loading)]
    }),
  )

/** `command: true` is the text `true`, as it is written. */
const textNode = (node: ScalarNode): ScalarNode =>
  typeof node.value === 'string' || node.value === null ? node : { ...node, value: node.source }

const isOneTemplate = (text: string): boolean => /^\s*\{\{(?:(?!\}\})[\s\S])*\}\}\s*$/.test(text)

const wrongArguments = (name: string, node: YamlNode): LifeboatError =>
  new LifeboatError('playbook/wrong-type', `the arguments of "${name}" must be a mapping, not ${describeNode(node)}`, {
    where: node.position,
    hints: ['write them one a line, "key: value", indented below the name of the module'],
  })

/** Arguments that are expressions: their syntax is checked as that of conditions is. */
const EXPRESSIONS: Readonly<Record<string, string>> = { assert: 'that', debug: 'var' }

const checkExpressions = (node: YamlNode, loading: Loading): void => {
  if (node.kind === 'sequence') for (const item of node.items) checkExpressions(item, loading)
  if (node.kind !== 'scalar' || typeof node.value !== 'string' || hasTemplate(node.value)) return
  const text = node.value
  loading.problems.attempt(() => checkExpression(text, node.position))
}
