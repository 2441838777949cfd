import { LifeboatError, LifeboatErrors } from '../base/errors.ts'
import { didYouMean } from '../base/nearest.ts'
import { Template, type Value, type Variables } from '../base/value.ts'
import { collectArguments, validateArguments } from '../modules/arguments.ts'
import { loadModule } from '../modules/load.ts'
import type { Placed, Play, Playbook, Task, TaskItem } from '../playbook/types.ts'
import { certainTasks } from './certain-tasks.ts'
import { withConstants } from './constants.ts'
import { noAsync } from './task-background.ts'

/** What is known of the run that a check is for. */
export interface CheckOptions {
  readonly moduleFolders?: readonly string[]
  readonly extraVariables?: Variables
  /** Whether `--tags` and `--skip-tags` let a task with these tags run. */
  readonly selected?: (tags: readonly string[]) => boolean
}

const tasksIn = (items: readonly TaskItem[]): Task[] =>
  items.flatMap((item) => {
    if (item.kind === 'task') return [item]
    if (item.kind === 'include') return []
    return [item.block, item.rescue, item.always].flatMap(tasksIn)
  })

/** Whether `async` is surely more than 0. */
const isLeftAlone = (async: Placed<Value> | undefined): async is Placed<Value> =>
  typeof async?.value === 'number' && async.value > 0

const checkTask = async (
  task: Task,
  { hasDefaults, constants }: { readonly hasDefaults: boolean; readonly constants: Variables | undefined },
  moduleFolders: readonly string[],
): Promise<LifeboatError[]> => {
  const name = task.module.value
  if (name === 'meta') return isLeftAlone(task.async) ? [noAsync(name, task.async)] : []
  try {
    const module = await loadModule(name, moduleFolders)
    const written = collectArguments(name, module, task.args)
    const args = constants ? withConstants(written, constants) : written
    const incomplete = hasDefaults || task.args.template !== undefined || task.keywords.moduleDefaults !== undefined
    const { async } = task
    return [
      ...validateArguments(name, module, args, { position: task.module.position, incomplete }),
      ...(isLeftAlone(async) && !module.background ? [noAsync(name, async)] : []),
    ]
  } catch (error) {
    if (error instanceof LifeboatError) return [error]
    throw error
  }
}

/** Names that tasks notify and no handler has, where that can be known before the run. */
const unknownHandlers = (play: Play): LifeboatError[] => {
  const handlers = tasksIn(play.handlers)
  const names = handlers.flatMap((handler) => [handler.name, ...handler.listen.map(({ value }) => value)])
  const items = [...play.preTasks, ...play.roles, ...play.tasks, ...play.postTasks, ...play.handlers]
  // A role that is included brings handlers of its own, and a template may become any name.
  if (includesRole(items) || names.some((name) => name instanceof Template)) return []
  const roleNames = handlers.flatMap(({ name, role }) => (role ? [`${role.name} : ${String(name)}`] : []))
  const known = [...names.flatMap((name) => (typeof name === 'string' ? [name] : [])), ...roleNames]
  return tasksIn(items).flatMap((task) =>
    task.notify.flatMap(({ value, position }) => {
      if (typeof value !== 'string' || known.includes(value)) return []
      const message = `no handler is named "${value}" or listens to it`
      return [
        new LifeboatError('engine/unknown-handler', message, { where: position, hints: didYouMean(value, known) }),
      ]
    }),
  )
}

const includesRole = (items: readonly TaskItem[]): boolean =>
  items.some((item) => {
    if (item.kind === 'include') return true
    return item.kind === 'block' && [item.block, item.rescue, item.always].some(includesRole)
  })

/**
 * Checks the arguments of every task and handler of playbooks, and of what they include by a fixed name, before the
 * first host is touched. What `-e` alone decides is judged too, in the tasks that are certain to run.
 *
 * @throws LifeboatErrors with all that was found
 */
export const checkPlaybooks = async (playbooks: readonly Playbook[], options: CheckOptions = {}): Promise<void> => {
  const { moduleFolders = [], extraVariables = {}, selected = () => true } = options
  const errors: LifeboatError[] = []
  const check = async (
    items: readonly TaskItem[],
    hasDefaults: boolean,
    certain: ReadonlySet<Task> = new Set(),
  ): Promise<void> => {
    for (const task of tasksIn(items)) {
      const constants = certain.has(task) ? extraVariables : undefined
      errors.push(...(await checkTask(task, { hasDefaults, constants }, moduleFolders)))
    }
  }
  for (const playbook of playbooks) {
    errors.push(...playbook.plays.flatMap((play) => unknownHandlers(play)))
    const defaults = playbook.plays.map((play) => play.keywords.moduleDefaults !== undefined)
    for (const [index, play] of playbook.plays.entries()) {
      const items = [...play.preTasks, ...play.roles, ...play.tasks, ...play.postTasks]
      const hasDefaults = defaults[index] ?? false
      await check(items, hasDefaults, new Set(certainTasks(items, play.keywords, selected)))
      await check(play.handlers, hasDefaults)
    }
    await check(playbook.included, defaults.includes(true))
  }
  if (errors.length > 0) throw new LifeboatErrors(errors)
}
