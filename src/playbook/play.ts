import { LifeboatError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { Template, type Value, type Variables } from '../base/value.ts'
import { entryOf, type MappingNode, type YamlNode } from '../text/yaml/node.ts'
import { readItems } from './items.ts'
import { INHERITED, readKeywords, refuse, WITHOUT_MEANING } from './keywords.ts'
import { isNothing } from './kinds.ts'
import type { Loading, Place } from './loading.ts'
import { unknownKeyword } from './refuse.ts'
import { readPlayRoles } from './roles.ts'
import { readBoolean, readNumber, readText, readTexts, wrongType } from './scalars.ts'
import { readName } from './task.ts'
import type { Placed, Play, Role, TaskItem } from './types.ts'
import { readPlaced } from './value.ts'
import { readVariables } from './variables.ts'
import { readVarsFiles } from './vars-files.ts'

const OWN = [
  'name',
  'hosts',
  'user',
  'gather_facts',
  'gather_subset',
  'vars_files',
  'serial',
  'strategy',
  'order',
  'max_fail_percentage',
  'force_handlers',
  'pre_tasks',
  'roles',
  'tasks',
  'post_tasks',
  'handlers',
]
const REFUSED = ['vars_prompt', 'fact_path', 'gather_timeout', 'debugger']
const NOT_OF_PLAYS = ['when', 'delegate_to', 'delegate_facts']
const KEYWORDS = [...OWN, ...INHERITED.filter((key) => !NOT_OF_PLAYS.includes(key)), ...WITHOUT_MEANING]

const STRATEGIES = ['linear', 'free', 'host_pinned']
const ORDERS = ['inventory', 'sorted', 'reverse_sorted', 'reverse_inventory', 'shuffle']

/**
 * Reads a play with everything that it names. Errors are collected.
 *
 * @param imported variables given where its playbook was imported
 */
export const readPlay = async (node: MappingNode, loading: Loading, imported: Variables): Promise<Play | undefined> => {
  const { problems, directory, options } = loading
  for (const entry of node.entries) {
    if (!KEYWORDS.includes(entry.key) && !(REFUSED.includes(entry.key) && refuse(entry, loading))) {
      problems.add(unknownKey(entry, node, loading))
    }
  }
  const read = <T>(key: string, reader: (value: YamlNode) => T): T | undefined => {
    const value = entryOf(node, key)?.value
    return value === undefined || isNothing(value) ? undefined : problems.attempt(() => reader(value))
  }
  const isTask = entryOf(node, 'hosts') === undefined && node.entries.some(({ key }) => options.isModule(key))
  const hosts = isTask ? undefined : problems.attempt(() => readHosts(node, loading))
  const own = read('vars', (value) => readVariables(value, loading)) ?? {}
  const vars = { ...own, ...imported }
  const known = { ...vars, ...options.extraVariables, playbook_dir: directory }
  const files = await readVarsFiles(entryOf(node, 'vars_files')?.value, known, loading)
  const variables = { ...known, ...files.variables, ...options.extraVariables }
  const staticRoles = new Set<Role>()
  const inner: Loading = { ...loading, staticRoles }
  const place: Place = { directory, role: undefined, handlers: false, chain: [], variables }
  const items = (key: string, handlers = false): Promise<TaskItem[]> =>
    readItems(entryOf(node, key)?.value, key, { ...place, handlers }, inner)
  const { vars: _, ...keywords } = readKeywords(
    node.entries.filter(({ key }) => key !== 'vars' && KEYWORDS.includes(key)),
    inner,
    variables,
  )
  const user = read('user', (value) => readText(value, 'user', loading))

  const handlers = await items('handlers', true)
  const preTasks = await items('pre_tasks')
  const roles = await readPlayRoles(entryOf(node, 'roles')?.value, place, inner)
  const tasks = await items('tasks')
  const postTasks = await items('post_tasks')
  if (!hosts) return undefined
  return {
    name: readName(node, loading),
    position: node.position,
    keywords: { ...(user ? { remoteUser: user } : {}), ...keywords },
    hosts,
    gatherFacts: read('gather_facts', (value) => readBoolean(value, 'gather_facts', loading)),
    gatherSubset: read('gather_subset', (value) => readPlaced(value, loading)),
    vars,
    varsFiles: files.placed,
    serial: read('serial', (value) => readSerial(value, loading)),
    strategy: read('strategy', (value) => readChoice(value, 'strategy', STRATEGIES, loading)),
    order: read('order', (value) => readChoice(value, 'order', ORDERS, loading)),
    maxFailPercentage: read('max_fail_percentage', (value) => readPercentage(value, loading)),
    forceHandlers: read('force_handlers', (value) => readBoolean(value, 'force_handlers', loading)),
    preTasks,
    roles,
    tasks,
    postTasks,
    // Those of roles come first, as in Ansible: of two with one name the play's counts, and runs later.
    handlers: [...handlersOf(staticRoles), ...handlers],
    directory,
  }
}

const unknownKey = (entry: MappingNode['entries'][number], play: MappingNode, loading: Loading): LifeboatError => {
  const { key } = entry
  if (NOT_OF_PLAYS.includes(key)) {
    return unknownKeyword(entry, 'a play', [], ['give it to the tasks, or to a block around them'])
  }
  const isTask = loading.options.isModule(key) && !entryOf(play, 'hosts')
  return unknownKeyword(entry, 'a play', KEYWORDS, isTask ? ['tasks stand under "tasks:" of a play with "hosts:"'] : [])
}

/** Handlers of roles, each role's once however often it is used. */
const handlersOf = (roles: Iterable<Role>): TaskItem[] => {
  const seen = new Set<string>()
  return [...roles].flatMap(({ path, handlers }) => {
    if (seen.has(path)) return []
    seen.add(path)
    return handlers
  })
}

const readHosts = (node: MappingNode, loading: Loading): Placed<Value> => {
  const entry = entryOf(node, 'hosts')
  if (!entry) {
    throw new LifeboatError('playbook/missing-keyword', 'a play must say on which hosts it runs', {
      where: node.position,
      hints: ['add "hosts: all", or a group or pattern'],
    })
  }
  const { value, keyPosition } = entry
  const isEmpty = isNothing(value) || (value.kind === 'sequence' && value.items.length === 0)
  if (isEmpty || (value.kind === 'scalar' && value.value === '')) {
    throw new LifeboatError('playbook/missing-keyword', 'the "hosts" of a play cannot be empty', {
      where: { ...keyPosition, length: 'hosts'.length },
    })
  }
  const texts = readTexts(value, 'hosts', loading)
  if (value.kind !== 'sequence' && texts[0]) return texts[0]
  return { value: texts.map((text) => text.value), position: value.position }
}

const readSerial = (node: YamlNode, loading: Loading): Placed<Value> => {
  for (const part of node.kind === 'sequence' ? node.items : [node]) {
    const isSize = part.kind === 'scalar' && /^\s*(\d+%?|[\s\S]*\{\{[\s\S]*)\s*$/.test(String(part.value))
    if (!isSize) throw wrongType(part, 'serial', 'a number of hosts or a percentage, or a list of them')
  }
  return readPlaced(node, loading)
}

const readPercentage = (node: YamlNode, loading: Loading): Placed<Value> => {
  const isText = node.kind === 'scalar' && typeof node.value === 'string' && /^\d+(\.\d+)?%$/.test(node.value)
  if (isText) return { value: Number(String(node.value).slice(0, -1)), position: node.position }
  return readNumber(node, 'max_fail_percentage', loading)
}

const readChoice = (node: YamlNode, name: string, known: readonly string[], loading: Loading): Placed<Value> => {
  const placed = readText(node, name, loading)
  if (placed.value instanceof Template || known.includes(String(placed.value))) return placed
  const near = nearest(String(placed.value), known)
  throw new LifeboatError('playbook/bad-value', `"${String(placed.value)}" is not a value of "${name}"`, {
    where: placed.position,
    hints: [...(near ? [`did you mean "${near}"?`] : []), `it can be ${known.join(', ')}`],
  })
}
