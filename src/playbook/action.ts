import { LifeboatError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import type { Position } from '../base/position.ts'
import { entryOf, type MappingEntry, type MappingNode, type ScalarNode, type YamlNode } from '../text/yaml/node.ts'
import { splitFirstWord, within } from './key-values.ts'
import { isNothing } from './kinds.ts'
import type { Loading } from './loading.ts'
import { isLoopKeyword } from './loop.ts'
import { hintForCollection, INCLUDES, isInclude, shortName } from './module-name.ts'
import { unknownKeyword } from './refuse.ts'
import { wrongType } from './scalars.ts'

/** What a task is to do: the module by its short name, and the node of its arguments. */
export interface Action {
  readonly module: string
  readonly position: Position
  readonly node: YamlNode
  /** `local_action`: the task is delegated to localhost. */
  readonly local: boolean
}

/**
 * Finds the module of a task: the one key that is no keyword, or `action` and `local_action`. Keys that are neither
 * are errors; they are collected where the module is clear all the same.
 *
 * @param keywords all keywords that a task can have here
 * @throws playbook/unknown-module, playbook/no-module, playbook/two-modules
 */
export const findAction = (task: MappingNode, keywords: readonly string[], loading: Loading): Action => {
  const isModule = (key: string): boolean => isInclude(shortName(key)) || loading.options.isModule(shortName(key))
  const others = task.entries.filter(({ key }) => !keywords.includes(key) && !isLoopKeyword(key))
  const written = task.entries.filter(({ key }) => key === 'action' || key === 'local_action')
  const actions = [...others.filter(({ key }) => isModule(key)), ...written]
  const unknown = others.filter(({ key }) => !isModule(key))
  const [first, second] = actions
  if (first && second) throw twoModules(first, second)
  const known = [...keywords, ...loading.options.moduleNames(), ...INCLUDES]
  if (!first) throw noModule(task, unknown, keywords, loading)
  for (const entry of unknown) {
    const below = isNothing(first.value) && nearest(entry.key, known) === undefined
    const hints = below ? [`a parameter of ${first.key} must be indented below it`] : []
    loading.problems.add(unknownKeyword(entry, 'a task', known, hints))
  }
  if (first.key === 'action' || first.key === 'local_action') return readAction(first, loading)
  return { module: shortName(first.key), position: keyPosition(first), node: first.value, local: false }
}

const keyPosition = ({ key, keyPosition: position }: MappingEntry): Position => ({ ...position, length: key.length })

const twoModules = (first: MappingEntry, second: MappingEntry): LifeboatError =>
  new LifeboatError(
    'playbook/two-modules',
    `a task has one module, and this one has "${first.key}" and "${second.key}"`,
    {
      where: keyPosition(second),
      hints: ['begin a task of its own for it with "- "'],
    },
  )

const noModule = (
  task: MappingNode,
  unknown: readonly MappingEntry[],
  keywords: readonly string[],
  loading: Loading,
): LifeboatError => {
  const modules = [...loading.options.moduleNames(), ...INCLUDES]
  const meant =
    unknown.find(({ key }) => nearest(shortName(key), modules) !== undefined) ??
    unknown.find(({ key }) => nearest(key, keywords) === undefined) ??
    unknown[0]
  if (!meant) {
    const names = task.entries.map(({ key }) => `"${key}"`)
    return new LifeboatError('playbook/no-module', 'this task names no module', {
      where: task.position,
      hints: [
        `add the module${names.length > 0 ? ` that ${names.join(', ')} ${names.length > 1 ? 'are' : 'is'} for` : ''}`,
      ],
    })
  }
  for (const entry of unknown) {
    if (entry !== meant) loading.problems.add(unknownKeyword(entry, 'a task', [...keywords, ...modules]))
  }
  return unknownModule(meant.key, keyPosition(meant), [...modules, ...keywords], loading)
}

const unknownModule = (name: string, where: Position, known: readonly string[], loading: Loading): LifeboatError => {
  if (shortName(name) === 'include') {
    return new LifeboatError('playbook/unknown-module', '"include" is no longer there', {
      where,
      hints: ['use import_tasks, or include_tasks where the file depends on the host'],
    })
  }
  const near = nearest(shortName(name), known)
  return new LifeboatError('playbook/unknown-module', `there is no module "${name}"`, {
    where,
    hints: [
      ...(near === undefined ? [] : [`did you mean "${near}"?`]),
      ...hintForCollection(name, loading.options.isModule),
      '`lifeboat doc` lists all modules',
    ],
  })
}

/** `action: copy src=a dest=b`, `action: { module: copy, src: a }`, and the same for `local_action`. */
const readAction = ({ key, value }: MappingEntry, loading: Loading): Action => {
  const { name, position, node } = value.kind === 'mapping' ? fromMapping(key, value) : fromText(key, value)
  const module = shortName(name)
  if (!isInclude(module) && !loading.options.isModule(module)) {
    throw unknownModule(name, position, [...loading.options.moduleNames(), ...INCLUDES], loading)
  }
  return { module, position, node, local: key === 'local_action' }
}

const fromMapping = (key: string, node: MappingNode): { name: string; position: Position; node: YamlNode } => {
  const module = entryOf(node, 'module')?.value
  if (module?.kind !== 'scalar' || typeof module.value !== 'string') {
    throw new LifeboatError('playbook/no-module', `"${key}" names no module`, {
      where: module?.position ?? node.position,
      hints: ['name it with "module:"'],
    })
  }
  const { first, rest, offset } = splitFirstWord(module.value)
  const entries = node.entries.filter((entry) => entry.key !== 'module')
  if (rest !== '' && entries.length === 0)
    return { name: first, position: module.position, node: textFrom(module, rest, offset) }
  return { name: first, position: module.position, node: { ...node, entries } }
}

const fromText = (key: string, node: YamlNode): { name: string; position: Position; node: YamlNode } => {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') {
    throw wrongType(node, key, 'the name of a module with its arguments')
  }
  const { first, rest, offset } = splitFirstWord(node.value)
  return { name: first, position: { ...node.position, length: first.length }, node: textFrom(node, rest, offset) }
}

const textFrom = (node: ScalarNode, rest: string, offset: number): ScalarNode => {
  const position = within(node, String(node.value), offset, rest.length)
  return { ...node, value: rest === '' ? null : rest, source: rest, position }
}
