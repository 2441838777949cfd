import { LifeboatError } from '../base/errors.ts'
import { didYouMean } from '../base/nearest.ts'
import type { Position } from '../base/position.ts'
import type { Value, Variables } from '../base/value.ts'
import { entryOf, type MappingEntry, type YamlNode } from '../text/yaml/node.ts'
import { INHERITED, readKeywords, refuse, WITHOUT_MEANING } from './keywords.ts'
import type { Loading } from './loading.ts'
import { readText, wrongType } from './scalars.ts'
import { staticText } from './static-text.ts'
import type { Keywords } from './types.ts'
import { readValue } from './value.ts'
import { readVariables } from './variables.ts'

/** One entry of `roles:` or of a role's `dependencies`. */
export interface RoleUse {
  readonly name: string
  readonly position: Position
  readonly keywords: Keywords
  /** `vars:` of the entry; weaker than the role's own vars. */
  readonly vars: Variables
  /** Every key that is no keyword. */
  readonly params: Variables
}

/** Keys of ansible-galaxy's requirements, which may stand in `dependencies`. */
const OF_GALAXY = ['src', 'scm', 'version']

/**
 * Reads an entry that uses a role: its name, or a mapping with keywords and parameters.
 *
 * @throws playbook/wrong-type, playbook/missing-keyword, playbook/not-static
 */
export const readRoleUse = (node: YamlNode, variables: Variables, loading: Loading): RoleUse => {
  if (node.kind === 'scalar') {
    const name = nameOf(node, variables, loading)
    return { name, position: node.position, keywords: {}, vars: {}, params: {} }
  }
  if (node.kind !== 'mapping') throw wrongType(node, 'roles', 'a list of names and mappings')
  const named = entryOf(node, 'role') ?? entryOf(node, 'name') ?? entryOf(node, 'src')
  if (!named) {
    throw new LifeboatError('playbook/missing-keyword', 'a role entry must name its role', {
      where: node.position,
      hints: ['write "role: NAME"'],
    })
  }
  const isKeyword = ({ key }: MappingEntry): boolean => INHERITED.includes(key) && key !== 'vars'
  const params: Record<string, Value> = {}
  for (const entry of node.entries) {
    const { key, value } = entry
    if (['role', 'name', 'vars', ...OF_GALAXY, ...WITHOUT_MEANING].includes(key) || isKeyword(entry)) continue
    if (refuse(entry, loading)) continue
    params[key] = readValue(value, loading)
    const [hint] = didYouMean(key, INHERITED)
    if (hint) loading.problems.warn(parameterLikeKeyword(entry, hint))
  }
  const vars = entryOf(node, 'vars')?.value
  return {
    name: nameOf(named.value, variables, loading),
    position: named.value.position,
    keywords: readKeywords(node.entries.filter(isKeyword), loading, variables),
    vars: vars ? readVariables(vars, loading) : {},
    params,
  }
}

const nameOf = (node: YamlNode, variables: Variables, loading: Loading): string => {
  const { value, position } = readText(node, 'role', loading)
  return staticText(value, position, variables, 'the name of a role')
}

const parameterLikeKeyword = ({ key, keyPosition }: MappingEntry, hint: string): LifeboatError =>
  new LifeboatError('playbook/unknown-keyword', `"${key}" is taken for a parameter of the role`, {
    where: { ...keyPosition, length: key.length },
    hints: [hint],
  })
