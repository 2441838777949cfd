import { LifeboatError } from '../base/errors.ts'
import { entryOf, type MappingNode } from '../text/yaml/node.ts'
import { readItems } from './items.ts'
import { INHERITED, readKeywords, refuse, WITHOUT_MEANING } from './keywords.ts'
import type { Loading, Place } from './loading.ts'
import { isLoopKeyword } from './loop.ts'
import { notifyFrom, withNotify } from './notify.ts'
import { unknownKeyword } from './refuse.ts'
import { readName } from './task.ts'
import type { Block } from './types.ts'

const PARTS = ['block', 'rescue', 'always']
const KEYWORDS = [...PARTS, 'name', 'notify', 'debugger', ...INHERITED, ...WITHOUT_MEANING]

/** Whether a mapping is a block and not a task. */
export const isBlock = (node: MappingNode): boolean => PARTS.some((part) => entryOf(node, part) !== undefined)

/**
 * Reads a block with its rescue and always. Errors of what is inside are collected.
 *
 * @throws playbook/missing-keyword for rescue or always without block
 */
export const readBlock = async (node: MappingNode, place: Place, loading: Loading): Promise<Block> => {
  const part = PARTS.find((name) => entryOf(node, name) !== undefined) ?? 'block'
  if (part !== 'block') throw withoutBlock(node, part)
  for (const entry of node.entries) {
    if (refuse(entry, loading) || KEYWORDS.includes(entry.key)) continue
    const hints = isLoopKeyword(entry.key)
      ? ['a block cannot loop; put its tasks into a file and loop over include_tasks']
      : loading.options.isModule(entry.key)
        ? ['a task of its own begins with "- "']
        : []
    loading.problems.add(unknownKeyword(entry, 'a block', hints.length > 0 ? [] : KEYWORDS, hints))
  }
  const keywords = readKeywords(node.entries, loading, place.variables)
  const inner: Place = { ...place, variables: { ...place.variables, ...keywords.vars } }
  const notify = notifyFrom(node, loading)
  const items = async (name: string): Promise<Block['block']> =>
    withNotify(await readItems(entryOf(node, name)?.value, name, inner, loading), notify, loading)
  return {
    kind: 'block',
    name: readName(node, loading),
    position: node.position,
    keywords,
    block: await items('block'),
    rescue: await items('rescue'),
    always: await items('always'),
    role: undefined,
  }
}

const withoutBlock = (node: MappingNode, part: string): LifeboatError => {
  const where = entryOf(node, part)?.keyPosition
  return new LifeboatError('playbook/missing-keyword', `"${part}" needs a "block" beside it`, {
    where: where && { ...where, length: part.length },
  })
}
