import { LifeboatError } from '../base/errors.ts'
import { entryOf, type MappingEntry, type MappingNode } from '../text/yaml/node.ts'
import type { Action } from './action.ts'
import { readIncludeArguments } from './include-arguments.ts'
import { readKeywords, refuse } from './keywords.ts'
import type { Loading, Place } from './loading.ts'
import { isLoopKeyword } from './loop.ts'
import { notifyFrom, withNotify } from './notify.ts'
import { readRole, withDependencies } from './role.ts'
import { staticText } from './static-text.ts'
import { readName } from './task.ts'
import { findTasksFile, readTasksFile } from './tasks-file.ts'
import type { Block, TaskItem } from './types.ts'

/** Keywords of a task that say something of its result, which an import has none of. */
const WITHOUT_EFFECT = ['register', 'until', 'retries', 'delay', 'changed_when', 'failed_when', 'loop_control']

/**
 * Resolves `import_tasks` or `import_role`: a block of the tasks that carries the keywords and variables of the import.
 *
 * @throws playbook/not-static, playbook/import-loop, file/not-found, playbook/unknown-role, playbook/missing-keyword
 */
export const readImport = async (
  node: MappingNode,
  action: Action,
  what: 'import_tasks' | 'import_role',
  place: Place,
  loading: Loading,
): Promise<Block> => {
  for (const entry of node.entries) refuse(entry, loading)
  checkKeywords(node.entries, what, loading)
  const keywords = readKeywords(node.entries, loading, place.variables)
  const variables = { ...place.variables, ...keywords.vars, ...loading.options.extraVariables }
  const given = readIncludeArguments(action, what, entryOf(node, 'args')?.value, loading, place.variables)
  const target = staticText(given.target.value, given.target.position, variables, `the name in ${what}`)
  const common = { kind: 'block', name: readName(node, loading), position: node.position, keywords } as const
  const rest = { rescue: [], always: [] }
  const notify = notifyFrom(node, loading)

  if (what === 'import_tasks') {
    const path = await findTasksFile(target, given.target.position, place, loading)
    const chain = enter(path, place, given.target)
    const items: readonly TaskItem[] = await readTasksFile(path, { ...place, chain, variables }, loading)
    return { ...common, ...rest, block: withNotify(items, notify, loading), role: undefined }
  }
  const brought = { again: given.allowDuplicates?.value !== false }
  const { vars = {} } = keywords
  const use = { params: {}, entryVars: {}, keywords: { vars }, from: given.from, brought, parents: [] }
  const context = { place: { ...place, variables }, ...use }
  const loaded = withDependencies(await readRole(target, given.target.position, context, loading))
  loading.staticRoles.add(loaded)
  return { ...common, ...rest, block: withNotify(loaded.tasks, notify, loading), role: loaded }
}

const checkKeywords = (entries: readonly MappingEntry[], what: string, loading: Loading): void => {
  for (const { key, keyPosition } of entries) {
    const where = { ...keyPosition, length: key.length }
    if (isLoopKeyword(key)) {
      const hints = [`use ${what.replace('import', 'include')}, which is carried out at run time and can loop`]
      loading.problems.add(new LifeboatError('playbook/no-effect', `${what} cannot loop`, { where, hints }))
    } else if (WITHOUT_EFFECT.includes(key)) {
      const hints = ['an import has no result; put the keyword on the tasks that are imported']
      loading.problems.warn(
        new LifeboatError('playbook/no-effect', `"${key}" has no effect on ${what}`, { where, hints }),
      )
    }
  }
}

/** The chain of imports with one more file. @throws playbook/import-loop */
const enter = (path: string, place: Place, target: { readonly position: MappingEntry['keyPosition'] }): string[] => {
  if (!place.chain.includes(path)) return [...place.chain, path]
  throw new LifeboatError('playbook/import-loop', `${path} imports itself`, {
    where: target.position,
    hints: [
      `the way here: ${[...place.chain, path].join(' → ')}`,
      'include_tasks with a condition can call itself at run time',
    ],
  })
}
