import type { YamlNode } from '../text/yaml/node.ts'
import { isNothing } from './kinds.ts'
import type { Loading, Place } from './loading.ts'
import { blocksOf, readRole, withoutPositions } from './role.ts'
import { readRoleUse } from './role-use.ts'
import { wrongType } from './scalars.ts'
import type { Block } from './types.ts'

/**
 * Reads `roles:` of a play: a block for each role, its dependencies before it. A use that stands there already, under
 * the same keywords, is left out, unless the role allows duplicates; whether one under other keywords runs is seen then.
 */
export const readPlayRoles = async (
  node: YamlNode | undefined,
  place: Place,
  loading: Loading,
): Promise<readonly Block[]> => {
  if (node === undefined || isNothing(node)) return []
  if (node.kind !== 'sequence') {
    loading.problems.add(wrongType(node, 'roles', 'a list of roles'))
    return []
  }
  const blocks: Block[] = []
  const seen = new Set<string>()
  for (const item of node.items) {
    await loading.problems.attemptLater(async () => {
      const { name, position, keywords, vars, params } = readRoleUse(item, place.variables, loading)
      const context = { place, params, entryVars: vars, keywords, from: {}, parents: [] }
      for (const block of blocksOf(await readRole(name, position, context, loading), keywords, position)) {
        const { role } = block
        if (!role) continue
        const use = withoutPositions([role.use, block.keywords])
        if (seen.has(use) && !role.allowDuplicates) continue
        seen.add(use)
        loading.staticRoles.add(role)
        blocks.push(block)
      }
    })
  }
  return blocks
}
