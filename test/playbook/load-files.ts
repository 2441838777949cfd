import { type LoadOptions, loadPlaybook } from '../../src/playbook/load.ts'
import type { Play, Playbook, Task, TaskItem } from '../../src/playbook/types.ts'
import { errorsOf, type Files, folderWith } from '../folder.ts'

const MODULES = ['assert', 'command', 'copy', 'debug', 'file', 'meta', 'ping', 'postgresql_info', 'set_fact', 'shell']

export const options: LoadOptions = {
  isModule: (name) => MODULES.includes(name),
  moduleNames: () => MODULES,
  extraVariables: {},
}

/** Loads `site.yml` of a folder with these files. A bare text is `site.yml` itself. */
export const load = async (files: Files | string, more: Partial<LoadOptions> = {}): Promise<Playbook> => {
  const folder = folderWith(typeof files === 'string' ? { 'site.yml': files } : files)
  return loadPlaybook(`${folder}/site.yml`, { ...options, ...more })
}

/** The errors of `site.yml` as a person reads them. */
export const errorsIn = async (files: Files | string, more: Partial<LoadOptions> = {}): Promise<string> => {
  const folder = folderWith(typeof files === 'string' ? { 'site.yml': files } : files)
  return errorsOf(loadPlaybook(`${folder}/site.yml`, { ...options, ...more }), folder)
}

/** The only play of a playbook. */
export const playOf = async (files: Files | string, more: Partial<LoadOptions> = {}): Promise<Play> => {
  const { plays } = await load(files, more)
  const [play] = plays
  if (!play || plays.length !== 1) throw new Error(`${plays.length} plays`)
  return play
}

/** The only task of a play whose tasks are this text, indented as it is. */
export const taskOf = async (text: string, more: Partial<LoadOptions> = {}): Promise<Task> => {
  const [item] = (await playOf(`- hosts: all\n  tasks:\n${text}`, more)).tasks
  if (item?.kind !== 'task') throw new Error('no task')
  return item
}

/** Items as short lines: names of tasks or modules, blocks indented. */
export const outline = (items: readonly TaskItem[], depth = 0): string[] =>
  items.flatMap((item) => {
    const indent = '  '.repeat(depth)
    const role = item.role ? ` (${item.role.name})` : ''
    if (item.kind === 'block') {
      return [`${indent}block${role}`, ...outline([...item.block, ...item.rescue, ...item.always], depth + 1)]
    }
    return [`${indent}${item.kind === 'task' ? (item.name ?? item.module.value) : `include ${item.what}`}${role}`]
  })
