import { LifeboatError } from '../base/errors.ts'
import { Template } from '../base/value.ts'
import { entryOf, type MappingEntry, type MappingNode } from '../text/yaml/node.ts'
import type { Action } from './action.ts'
import { type IncludeArguments, readIncludeArguments } from './include-arguments.ts'
import { INHERITED, readKeywords, refuse, WITHOUT_MEANING } from './keywords.ts'
import type { Loading, Place } from './loading.ts'
import { isLoopKeyword, readLoop } from './loop.ts'
import { readRole, withDependencies } from './role.ts'
import { readName, readRegister, taskKeywords } from './task.ts'
import { findTasksFile, readTasksFile } from './tasks-file.ts'
import type { Include } from './types.ts'

/** Keywords that an include itself can carry; the others go under `apply`. */
const OWN = ['name', 'action', 'local_action', 'args', 'loop_control', 'register', 'listen', 'debugger']
const INHERITABLE = ['when', 'tags', 'vars', 'ignore_errors', 'no_log', 'run_once', 'timeout']

/**
 * Reads `include_tasks` or `include_role`, which the run carries out when it comes to it. Where the file or role is
 * known already, it is loaded now too, so that what is wrong in it is said before any host is touched.
 */
export const readInclude = async (
  node: MappingNode,
  action: Action,
  what: 'include_tasks' | 'include_role',
  place: Place,
  loading: Loading,
): Promise<Include> => {
  for (const entry of node.entries) if (!refuse(entry, loading)) checkKeyword(entry, what, loading)
  const keywords = readKeywords(node.entries, loading, place.variables)
  const variables = { ...place.variables, ...keywords.vars }
  const given = readIncludeArguments(action, what, entryOf(node, 'args')?.value, loading, variables)
  if (loading.ahead) {
    await loading.problems.attemptLater(() => checkAhead(what, given, { ...place, variables }, loading))
  }
  return {
    kind: 'include',
    what: what === 'include_tasks' ? 'tasks' : 'role',
    name: readName(node, loading),
    position: node.position,
    keywords,
    target: given.target,
    from: Object.fromEntries(Object.entries(given.from).map(([key, { value }]) => [key, value])),
    apply: given.apply,
    ...(given.public ? { public: given.public } : {}),
    ...(given.allowDuplicates ? { allowDuplicates: given.allowDuplicates } : {}),
    loop: loading.problems.attempt(() => readLoop(node.entries, loading)),
    register: readRegister(node, loading),
    role: place.role,
    directory: place.directory,
  }
}

const checkKeyword = ({ key, keyPosition }: MappingEntry, what: string, loading: Loading): void => {
  if (OWN.includes(key) || INHERITABLE.includes(key) || WITHOUT_MEANING.includes(key) || isLoopKeyword(key)) return
  if (!taskKeywords(true).includes(key)) return
  const hints = INHERITED.includes(key)
    ? [`put it under "apply:" of ${what}, then it holds for every task that is brought in`]
    : ['put it on the tasks that are brought in']
  const where = { ...keyPosition, length: key.length }
  const message = `"${key}" cannot stand on ${what}`
  loading.problems.add(new LifeboatError('playbook/unknown-keyword', message, { where, hints }))
}

/** Loads the file or role of an include whose name holds no template. */
const checkAhead = async (
  what: 'include_tasks' | 'include_role',
  { target, from }: IncludeArguments,
  place: Place,
  loading: Loading,
): Promise<void> => {
  const dependsOnHost = [target, ...Object.values(from)].some(({ value }) => value instanceof Template)
  if (dependsOnHost || typeof target.value !== 'string') return
  const key = [what, place.role?.path, place.directory, target.value, ...Object.values(from).map(({ value }) => value)]
  if (loading.checked.has(key.join('\0'))) return
  loading.checked.add(key.join('\0'))
  if (what === 'include_tasks') {
    const path = await findTasksFile(target.value, target.position, place, loading)
    loading.included.push(...(await readTasksFile(path, { ...place, chain: [...place.chain, path] }, loading)))
    return
  }
  const context = { place, params: {}, entryVars: {}, keywords: {}, from, parents: [] }
  const role = withDependencies(await readRole(target.value, target.position, context, loading))
  loading.included.push(...role.tasks, ...role.handlers)
}
