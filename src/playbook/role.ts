import { join } from 'node:path'
import { LifeboatError } from '../base/errors.ts'
import type { Position } from '../base/position.ts'
import { Template, type Value, type Variables } from '../base/value.ts'
import { entryOf, type YamlNode } from '../text/yaml/node.ts'
import { findRole } from './find-role.ts'
import { mergeKeywords } from './keywords.ts'
import { isNothing } from './kinds.ts'
import type { Loading, Place } from './loading.ts'
import { findPart, readRoleVariables } from './role-files.ts'
import { readRoleUse } from './role-use.ts'
import { readBoolean, wrongType } from './scalars.ts'
import { readTasksFile, readYamlFile } from './tasks-file.ts'
import type { Block, Keywords, Placed, Role, TaskItem } from './types.ts'

/** How a role is used. */
export interface RoleContext {
  /** Where the use stands. */
  readonly place: Place
  readonly params: Variables
  /** `vars:` of the entry in `roles:`. */
  readonly entryVars: Variables
  /** Keywords of the entry itself, or of the import or include. */
  readonly keywords: Keywords
  /** Whether an import or include brings it, and whether that lets it run again. */
  readonly brought?: { readonly again: boolean } | undefined
  /** `tasks_from` and its like. */
  readonly from: Readonly<Record<string, Placed<Value>>>
  /** Roles that depend on this one, outermost first: their variables are seen in it. */
  readonly parents: readonly OwnVariables[]
}

interface OwnVariables {
  readonly path: string
  readonly defaults: Variables
  readonly vars: Variables
  readonly params: Variables
}

export interface LoadedRole {
  readonly role: Role
  /** Uses of the roles it depends on, in the order in which they run before it. */
  readonly dependencies: readonly DependencyUse[]
}

export interface DependencyUse {
  readonly loaded: LoadedRole
  readonly keywords: Keywords
  readonly position: Position
}

/**
 * Loads a role with everything in it: defaults, vars, tasks, handlers, meta and the roles it depends on. A role sees
 * variables of its dependencies, and these see those of the role, as in Ansible.
 *
 * @throws playbook/unknown-role, playbook/import-loop, file/not-found; what is wrong inside is collected
 */
export const readRole = async (
  wanted: string,
  where: Position,
  context: RoleContext,
  loading: Loading,
): Promise<LoadedRole> => {
  const { place, parents } = context
  const { name, path } = await findRole(wanted, where, place, loading)
  if (parents.some((parent) => parent.path === path)) throw dependencyLoop(name, where, parents)
  const from = (part: string): Placed<string> | undefined => textOf(context.from[`${part}_from`])
  const read = (part: string): Promise<Variables | undefined> =>
    loading.problems.attemptLater(() => readRoleVariables(join(path, part), from(part), loading))
  const own: OwnVariables = {
    path,
    defaults: (await read('defaults')) ?? {},
    vars: (await read('vars')) ?? {},
    params: context.params,
  }
  const meta = await readMeta(path, context, own, loading)
  const tasks: TaskItem[] = []
  const handlers: TaskItem[] = []
  const needed = meta.dependencies.map(({ loaded }) => loaded.role)
  const role: Role = {
    name,
    path,
    defaults: merge([
      ...needed.map(({ defaults }) => defaults),
      ...parents.map(({ defaults }) => defaults),
      own.defaults,
    ]),
    vars: merge([...parents.map(({ vars }) => vars), ...needed.map(({ vars }) => vars), context.entryVars, own.vars]),
    params: merge([...parents.map(({ params }) => params), own.params]),
    tasks,
    handlers,
    use: useOf(path, context),
    allowDuplicates: context.brought?.again ?? meta.allowDuplicates,
  }
  const inside: Place = { ...place, role, variables: variablesIn(role, place, loading) }
  const tasksPath = await findPart(join(path, 'tasks'), from('tasks'))
  if (tasksPath) {
    const chain = enter(tasksPath, place, where)
    tasks.push(...(await readTasksFile(tasksPath, { ...inside, chain, handlers: false }, loading)))
  }
  const handlersPath = await findPart(join(path, 'handlers'), from('handlers'))
  if (handlersPath) handlers.push(...(await readTasksFile(handlersPath, { ...inside, handlers: true }, loading)))
  return { role, dependencies: meta.dependencies }
}

/** A role with the roles it depends on inside it, for where it is brought in as one piece. */
export const withDependencies = (loaded: LoadedRole): Role => {
  if (loaded.dependencies.length === 0) return loaded.role
  const blocks = loaded.dependencies.flatMap(({ loaded: needed, keywords, position }) =>
    blocksOf(needed, keywords, position),
  )
  return {
    ...loaded.role,
    tasks: [...blocks, ...loaded.role.tasks],
    handlers: [...blocks.flatMap(({ role }) => role?.handlers ?? []), ...loaded.role.handlers],
  }
}

/** The blocks that stand for a use of a role: those of its dependencies, with the keywords of the use, then its own. */
export const blocksOf = (loaded: LoadedRole, keywords: Keywords, position: Position): Block[] => {
  const { role, dependencies } = loaded
  const before = dependencies.flatMap((use) =>
    blocksOf(use.loaded, mergeKeywords(keywords, use.keywords), use.position),
  )
  const block: Block = {
    kind: 'block',
    name: undefined,
    position,
    keywords,
    block: role.tasks,
    rescue: [],
    always: [],
    role,
  }
  return [...before, block]
}

interface Meta {
  readonly dependencies: readonly DependencyUse[]
  readonly allowDuplicates: boolean
}

/** Of `meta/main.yml` the dependencies and `allow_duplicates` count; the rest is for ansible-galaxy. */
const readMeta = async (path: string, context: RoleContext, own: OwnVariables, loading: Loading): Promise<Meta> => {
  const file = await findPart(join(path, 'meta'), undefined)
  const root = file ? await loading.problems.attemptLater(() => readYamlFile(file)) : undefined
  if (root === undefined || isNothing(root)) return { dependencies: [], allowDuplicates: false }
  if (root.kind !== 'mapping') {
    loading.problems.add(wrongType(root, 'meta', 'a mapping'))
    return { dependencies: [], allowDuplicates: false }
  }
  const duplicates = entryOf(root, 'allow_duplicates')?.value
  const allowed = duplicates && loading.problems.attempt(() => readBoolean(duplicates, 'allow_duplicates', loading))
  return {
    dependencies: await readDependencies(entryOf(root, 'dependencies')?.value, context, own, loading),
    allowDuplicates: allowed?.value === true,
  }
}

const readDependencies = async (
  node: YamlNode | undefined,
  context: RoleContext,
  own: OwnVariables,
  loading: Loading,
): Promise<DependencyUse[]> => {
  if (node === undefined || isNothing(node)) return []
  if (node.kind !== 'sequence') {
    loading.problems.add(wrongType(node, 'dependencies', 'a list of roles'))
    return []
  }
  const uses: DependencyUse[] = []
  for (const item of node.items) {
    const use = await loading.problems.attemptLater(async () => {
      const { place } = context
      const variables = { ...place.variables, ...own.vars, ...own.params }
      const { name, position, keywords, vars, params } = readRoleUse(item, variables, loading)
      const inner = { place, params, entryVars: vars, keywords, from: {}, parents: [...context.parents, own] }
      return { loaded: await readRole(name, position, inner, loading), keywords, position }
    })
    if (use) uses.push(use)
  }
  return uses
}

const useOf = (path: string, { params, entryVars, keywords, from, brought }: RoleContext): string => {
  const { when, tags, vars } = keywords
  return withoutPositions([path, params, entryVars, when, tags, vars, from, brought !== undefined])
}

/** Values with their templates and keywords as a text in which it does not count where they stand. */
export const withoutPositions = (value: unknown): string =>
  JSON.stringify(value, (key, part: unknown) => (key === 'position' ? undefined : part))

const merge = (parts: readonly Variables[]): Variables => Object.assign({}, ...parts)

/** What names of imports inside a role can be made of. */
const variablesIn = (role: Role, place: Place, loading: Loading): Variables => ({
  ...role.defaults,
  ...place.variables,
  ...role.vars,
  ...role.params,
  role_name: role.name,
  role_path: role.path,
  ...loading.options.extraVariables,
})

const textOf = (placed: RoleContext['from'][string] | undefined): Placed<string> | undefined => {
  if (placed === undefined || placed.value === null || placed.value instanceof Template) return undefined
  return { value: String(placed.value), position: placed.position }
}

const enter = (path: string, place: Place, where: Position): string[] => {
  if (!place.chain.includes(path)) return [...place.chain, path]
  throw new LifeboatError('playbook/import-loop', `${path} imports itself`, {
    where,
    hints: [`the way here: ${[...place.chain, path].join(' → ')}`],
  })
}

const dependencyLoop = (name: string, where: Position, parents: readonly OwnVariables[]): LifeboatError =>
  new LifeboatError('playbook/import-loop', `the role "${name}" depends on itself`, {
    where,
    hints: [`the way here: ${parents.map(({ path }) => path).join(' → ')}`],
  })
