import { LifeboatError, LifeboatErrors } from '../base/errors.ts'
import { collectArguments, validateArguments } from '../modules/arguments.ts'
import { loadModule } from '../modules/load.ts'
import type { LoadOptions } from '../playbook/load.ts'
import type { Include, Playbook, Task, TaskItem } from '../playbook/types.ts'
import { loadInclude } from './load-include.ts'

const tasksIn = (items: readonly TaskItem[]): Task[] =>
  items.flatMap((item) => {
    if (item.kind === 'task') return [item]
    if (item.kind === 'include') return []
    return [item.block, item.rescue, item.always].flatMap(tasksIn)
  })

const includesIn = (items: readonly TaskItem[]): Include[] =>
  items.flatMap((item) => {
    if (item.kind === 'include') return [item]
    if (item.kind === 'task') return []
    return [item.block, item.rescue, item.always].flatMap(includesIn)
  })

const checkTask = async (task: Task, hasDefaults: boolean): Promise<LifeboatError[]> => {
  const name = task.module.value
  if (name === 'meta') return []
  try {
    const module = await loadModule(name)
    const args = collectArguments(name, module, task.args)
    const incomplete = hasDefaults || task.args.template !== undefined || task.keywords.moduleDefaults !== undefined
    return validateArguments(name, module, args, { position: task.module.position, incomplete })
  } catch (error) {
    if (error instanceof LifeboatError) return [error]
    throw error
  }
}

/** Loads what includes with a fixed name bring, each file and role once, so that they are checked like the rest. */
const included = async (
  items: readonly TaskItem[],
  directory: string,
  options: LoadOptions,
  seen: Set<string>,
): Promise<TaskItem[]> => {
  const found: TaskItem[] = []
  for (const include of includesIn(items)) {
    const target = include.target.value
    if (typeof target !== 'string') continue
    const key = JSON.stringify([include.what, include.directory, include.role?.name, target, include.from])
    if (seen.has(key)) continue
    seen.add(key)
    const { items: inner } = await loadInclude(include, include.role, target, directory, options)
    found.push(...inner, ...(await included(inner, directory, options, seen)))
  }
  return found
}

/**
 * Checks the arguments of every task and handler of playbooks, and of what they include by a fixed name, before the
 * first host is touched.
 *
 * @throws LifeboatErrors with all that was found
 */
export const checkPlaybooks = async (playbooks: readonly Playbook[], options: LoadOptions): Promise<void> => {
  const errors: LifeboatError[] = []
  const seen = new Set<string>()
  for (const play of playbooks.flatMap((playbook) => playbook.plays)) {
    const items = [...play.preTasks, ...play.roles, ...play.tasks, ...play.postTasks, ...play.handlers]
    const all = [...items, ...(await included(items, play.directory, options, seen))]
    const hasDefaults = play.keywords.moduleDefaults !== undefined
    for (const task of tasksIn(all)) errors.push(...(await checkTask(task, hasDefaults)))
  }
  if (errors.length > 0) throw new LifeboatErrors(errors)
}
