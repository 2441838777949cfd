import { LifeboatError } from '../base/errors.ts'
import { entryOf, type MappingNode, type YamlNode } from '../text/yaml/node.ts'
import { findAction } from './action.ts'
import { isBlock, readBlock } from './block.ts'
import { readImport } from './import.ts'
import { readInclude } from './include.ts'
import { describeNode, isNothing } from './kinds.ts'
import type { Loading, Place } from './loading.ts'
import { wrongType } from './scalars.ts'
import { readTask, taskKeywords } from './task.ts'
import type { TaskItem } from './types.ts'

/**
 * Reads a list of tasks, blocks, includes and imports. What is wrong is collected and left out.
 *
 * @param name the keyword the list stands under, or what file it is, for messages
 */
export const readItems = async (
  node: YamlNode | undefined,
  name: string,
  place: Place,
  loading: Loading,
): Promise<TaskItem[]> => {
  if (node === undefined || isNothing(node)) return []
  if (node.kind !== 'sequence') {
    loading.problems.add(wrongType(node, name, 'a list of tasks', ['begin each task with "- "']))
    return []
  }
  const items: TaskItem[] = []
  for (const item of node.items) {
    const read = await loading.problems.attemptLater(() => readItem(item, place, loading))
    if (read) items.push(read)
  }
  return items
}

const readItem = async (node: YamlNode, place: Place, loading: Loading): Promise<TaskItem> => {
  if (node.kind !== 'mapping') throw notATask(node)
  if (isBlock(node)) return await readBlock(node, place, loading)
  const hosts = entryOf(node, 'hosts')
  if (hosts && entryOf(node, 'tasks')) throw playAmongTasks(node)
  const action = findAction(node, taskKeywords(place.handlers), loading)
  if (action.module === 'include_tasks' || action.module === 'include_role') {
    return await readInclude(node, action, action.module, place, loading)
  }
  if (action.module === 'import_tasks' || action.module === 'import_role') {
    return await readImport(node, action, action.module, place, loading)
  }
  return readTask(node, action, place, loading)
}

const notATask = (node: YamlNode): LifeboatError =>
  new LifeboatError('playbook/wrong-type', `a task must be a mapping, not ${describeNode(node)}`, {
    where: node.position,
    hints: node.kind === 'scalar' ? [`a module without arguments needs its colon: "- ${node.source}:"`] : [],
  })

const playAmongTasks = (node: MappingNode): LifeboatError =>
  new LifeboatError('playbook/wrong-type', 'a play stands where a task is expected', {
    where: node.position,
    hints: ['plays stand in playbooks; files of tasks hold the tasks alone, without "hosts"'],
  })
