import type { YamlNode } from '../text/yaml/node.ts'
import { isNothing } from './kinds.ts'
import type { Loading, Place } from './loading.ts'
import { blocksOf, readRole } from './role.ts'
import { readRoleUse } from './role-use.ts'
import { wrongType } from './scalars.ts'
import type { Block } from './types.ts'

/**
 * Reads `roles:` of a play: a block for each role, its dependencies before it. A role that is used again with the same
 * parameters, keywords and conditions is left out, unless it allows duplicates.
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
      const context = { place, params, entryVars: vars, from: {}, parents: [] }
      for (const block of blocksOf(await readRole(name, position, context, loading), keywords, position)) {
        const { role } = block
        if (!role) continue
        const use = describeUse(block)
        if (seen.has(use) && !role.allowDuplicates) continue
        seen.add(use)
        loading.staticRoles.add(role)
        blocks.push(block)
      }
    })
  }
  return blocks
}

/** What makes two uses of a role the same; positions do not count. */
const describeUse = ({ role, keywords }: Block): string =>
  JSON.stringify([role?.path, role?.params, role?.vars, keywords], (key, value: unknown) =>
    key === 'position' ? undefined : value,
  )
