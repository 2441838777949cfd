import { LifeboatError } from '../base/errors.ts'
import type { Value, Variables } from '../base/value.ts'
import type { MappingNode, YamlNode } from '../text/yaml/node.ts'
import { isNothing } from './kinds.ts'
import type { Loading } from './loading.ts'
import { wrongType } from './scalars.ts'
import { readValue } from './value.ts'

const PYTHON_KEYWORDS = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' ',
  ),
)

/** Whether a variable can have this name: letters, digits and underscores, no word of Python's own. */
export const isVariableName = (name: string): boolean =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !PYTHON_KEYWORDS.has(name)

export const badName = (name: string, what: string, where: LifeboatError['where']): LifeboatError =>
  new LifeboatError('playbook/bad-name', `"${name}" cannot be the name of ${what}`, {
    where,
    hints: ['a name has letters, digits and underscores and does not begin with a digit'],
  })

/**
 * Reads `vars`: a mapping, or a list of mappings of which later ones win.
 *
 * @throws playbook/wrong-type; playbook/bad-name is collected
 */
export const readVariables = (node: YamlNode, loading: Loading): Variables => {
  if (isNothing(node)) return {}
  if (node.kind === 'mapping') return readMapping(node, loading)
  if (node.kind === 'sequence') {
    return Object.assign(
      {},
      ...node.items.map((item) => {
        if (item.kind !== 'mapping') throw wrongType(item, 'vars', 'a mapping of names to values')
        return readMapping(item, loading)
      }),
    ) as Variables
  }
  throw wrongType(node, 'vars', 'a mapping of names to values')
}

const readMapping = (node: MappingNode, loading: Loading): Variables => {
  const variables: Record<string, Value> = {}
  for (const { key, keyPosition, value } of node.entries) {
    if (!isVariableName(key)) {
      loading.problems.add(badName(key, 'a variable', { ...keyPosition, length: key.length }))
    }
    variables[key] = readValue(value, loading)
  }
  return variables
}
