import { LifeboatError } from '../base/errors.ts'
import type { Value } from '../base/value.ts'
import { entryOf, type MappingNode } from '../text/yaml/node.ts'
import type { Action } from './action.ts'
import { readArguments } from './arguments.ts'
import { readConditions } from './conditions.ts'
import { INHERITED, readKeywords, refuse, WITHOUT_MEANING } from './keywords.ts'
import { isNothing } from './kinds.ts'
import type { Loading, Place } from './loading.ts'
import { readLoop } from './loop.ts'
import { readNumber, readText, readTexts } from './scalars.ts'
import type { Condition, Keywords, Placed, Task } from './types.ts'
import { badName, isVariableName } from './variables.ts'

const OWN = [
  'name',
  'action',
  'local_action',
  'args',
  'loop',
  'loop_control',
  'register',
  'notify',
  'changed_when',
  'failed_when',
  'until',
  'retries',
  'delay',
  'async',
  'poll',
  'debugger',
]

/** Keywords that a task can have; `with_…` are not among them. `listen` is a handler's alone. */
export const taskKeywords = (handlers: boolean): readonly string[] => [
  ...OWN,
  ...(handlers ? ['listen'] : []),
  ...INHERITED,
  ...WITHOUT_MEANING,
]

/** Reads a task with a module. Errors are collected; what is wrong is left out of the task. */
export const readTask = (node: MappingNode, action: Action, place: Place, loading: Loading): Task => {
  const { problems } = loading
  for (const entry of node.entries) refuse(entry, loading)
  const read = <T>(key: string, reader: (value: MappingNode['entries'][number]['value']) => T): T | undefined => {
    const value = entryOf(node, key)?.value
    return value === undefined || isNothing(value) ? undefined : problems.attempt(() => reader(value))
  }
  const conditions = (key: string): readonly Condition[] | undefined =>
    read(key, (value) => readConditions(value, key, loading))
  const number = (key: string): Placed<Value> | undefined => read(key, (value) => readNumber(value, key, loading))
  const texts = (key: string): readonly Placed<Value>[] => read(key, (value) => readTexts(value, key, loading)) ?? []
  const keywords = readKeywords(node.entries, loading, place.variables)
  const args = problems.attempt(() => readArguments(action.module, action.node, entryOf(node, 'args')?.value, loading))
  const task: Task = {
    kind: 'task',
    name: readName(node, loading),
    position: node.position,
    keywords: action.local ? delegatedHere(keywords, action) : keywords,
    module: { value: action.module, position: action.position },
    args: args ?? { freeForm: undefined, values: {}, template: undefined },
    loop: problems.attempt(() => readLoop(node.entries, loading)),
    register: readRegister(node, loading),
    notify: texts('notify'),
    changedWhen: conditions('changed_when'),
    failedWhen: conditions('failed_when'),
    until: conditions('until'),
    retries: number('retries'),
    delay: number('delay'),
    async: number('async'),
    poll: number('poll'),
    listen: texts('listen'),
    role: place.role,
    directory: place.directory,
  }
  if (task.delay && !task.until && !task.retries) problems.warn(alone(task.delay, 'delay', '"until" or "retries"'))
  if (task.poll && !task.async) problems.warn(alone(task.poll, 'poll', '"async"'))
  return task
}

export const readName = (node: MappingNode, loading: Loading): Value | undefined => {
  const value = entryOf(node, 'name')?.value
  if (value === undefined || isNothing(value)) return undefined
  return loading.problems.attempt(() => readText(value, 'name', loading).value)
}

export const readRegister = (node: MappingNode, loading: Loading): Placed<string> | undefined => {
  const value = entryOf(node, 'register')?.value
  if (value === undefined || isNothing(value)) return undefined
  return loading.problems.attempt(() => {
    const { value: name, position } = readText(value, 'register', loading)
    if (typeof name !== 'string' || !isVariableName(name)) {
      throw badName(value.kind === 'scalar' ? value.source : '', 'a variable', position)
    }
    return { value: name, position }
  })
}

const delegatedHere = (keywords: Keywords, action: Action): Keywords => ({
  ...keywords,
  delegateTo: { value: 'localhost', position: action.position },
})

const alone = (placed: Placed<Value>, keyword: string, others: string): LifeboatError =>
  new LifeboatError('playbook/no-effect', `"${keyword}" has no effect without ${others}`, { where: placed.position })
