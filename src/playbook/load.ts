import { dirname } from 'node:path'
import type { Position } from '../base/position.ts'
import type { Value, Variables } from '../base/value.ts'
import type { Loading, LoadOptions, Place } from './loading.ts'
import { readPlaybookFile } from './playbook-file.ts'
import { Problems } from './problems.ts'
import { readRole, withDependencies } from './role.ts'
import { readTasksFile } from './tasks-file.ts'
import type { Placed, Playbook, Role, TaskItem } from './types.ts'

export type { LoadOptions } from './loading.ts'

/**
 * Loads a playbook with everything that it imports and whose name is known before the run: playbooks, tasks, roles and
 * their dependencies, variables files. Keywords, modules, types and the syntax of every template and condition are
 * checked.
 *
 * @throws LifeboatErrors with all that is wrong in all files (a single one as LifeboatError)
 */
export const loadPlaybook = async (path: string, options: LoadOptions): Promise<Playbook> => {
  const loading = begin(dirname(path), options, true)
  const plays = await readPlaybookFile(path, loading, { keywords: {}, vars: {}, chain: [] })
  loading.problems.throwAny()
  const { included, problems } = loading
  return { path, directory: dirname(path), plays, included, warnings: problems.warnings }
}

/**
 * Loads the file of an `include_tasks` at run time.
 *
 * @param context folder of the playbook, and the role whose tasks include the file
 * @throws LifeboatErrors, LifeboatError
 */
export const loadTasksFile = async (
  path: string,
  context: { readonly role?: Role; readonly directory: string },
  options: LoadOptions,
): Promise<TaskItem[]> => {
  const loading = begin(context.directory, options, false)
  const items = await readTasksFile(path, { ...placeIn(context.directory, options), role: context.role }, loading)
  loading.problems.throwAny()
  return items
}

export interface LoadRoleContext {
  /** Folder of the playbook. */
  readonly directory: string
  readonly params: Variables
  /** Evaluated `tasks_from`, `vars_from`, `defaults_from`, `handlers_from`. */
  readonly from: Readonly<Record<string, Value>>
  /** The role whose tasks include it. */
  readonly parent?: Role | undefined
  /** Where it is included. */
  readonly where?: Position | undefined
  /** `vars:` of the include. */
  readonly vars?: Variables | undefined
  /** Whether it may run where it ran before. */
  readonly again?: boolean | undefined
}

/**
 * Loads the role of an `include_role` at run time, the roles that it depends on as blocks before its own tasks.
 *
 * @throws LifeboatErrors, LifeboatError
 */
export const loadRole = async (name: string, context: LoadRoleContext, options: LoadOptions): Promise<Role> => {
  const loading = begin(context.directory, options, false)
  const where = context.where ?? { source: { path: '<include_role>', text: name }, line: 1, column: 1 }
  const from = Object.entries(context.from).map(([key, value]): [string, Placed<Value>] => [
    key,
    { value, position: where },
  ])
  const place = { ...placeIn(context.directory, options), role: context.parent }
  const { params, vars = {}, again = true } = context
  const named = { params, entryVars: {}, keywords: { vars }, from: Object.fromEntries(from) }
  const use = { place, ...named, brought: { again }, parents: [] }
  const loaded = await loading.problems.attemptLater(() => readRole(name, where, use, loading))
  loading.problems.throwAny()
  return withDependencies(loaded as NonNullable<typeof loaded>)
}

const begin = (directory: string, options: LoadOptions, ahead: boolean): Loading => ({
  options,
  problems: new Problems(),
  directory,
  ahead,
  checked: new Set(),
  included: [],
  staticRoles: new Set(),
})

const placeIn = (directory: string, options: LoadOptions): Place => ({
  directory,
  role: undefined,
  handlers: false,
  chain: [],
  variables: { ...options.extraVariables, playbook_dir: directory },
})
