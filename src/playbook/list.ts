import { Template, type Value } from '../base/value.ts'
import { selectsTags } from './tags.ts'
import type { Play, Playbook, TaskItem } from './types.ts'

export interface ListOptions {
  readonly onlyTags?: readonly string[] | undefined
  readonly skipTags?: readonly string[] | undefined
  /** Evaluates names; without it templates are shown as written. */
  readonly nameOf?: ((value: Value) => string) | undefined
}

export interface ListedTask {
  /** `role : name` for the tasks of a role; the module where a task has no name. */
  readonly name: string
  /** Its own and all that it inherits, sorted. */
  readonly tags: readonly string[]
}

export interface ListedPlay {
  readonly name: string
  readonly hosts: string
  readonly tags: readonly string[]
  readonly tasks: readonly ListedTask[]
}

/** The plays of a playbook with the tasks that the tags select, in the order in which they run. Handlers are not among them. */
export const listPlays = (playbook: Playbook, options: ListOptions = {}): ListedPlay[] =>
  playbook.plays.map((play) => {
    const hosts = hostsOf(play, options)
    const items = [...play.preTasks, ...play.roles, ...play.tasks, ...play.postTasks]
    const tasks = items.flatMap((item) => listItem(item, play.keywords.tags ?? [], options))
    const name = play.name === undefined ? hosts : textOf(play.name, options)
    return { name, hosts, tags: sorted(play.keywords.tags ?? []), tasks }
  })

/** What `--list-tasks` shows, in the layout of ansible-playbook. */
export const formatTaskList = (playbook: Playbook, options: ListOptions = {}): string =>
  format(playbook, options, ({ tasks }) => [
    '    tasks:',
    ...tasks.map(({ name, tags }) => `      ${name}\tTAGS: [${tags.join(', ')}]`),
  ])

/** What `--list-tags` shows, in the layout of ansible-playbook. */
export const formatTagList = (playbook: Playbook, options: ListOptions = {}): string =>
  format(playbook, options, ({ tasks }) => [
    `      TASK TAGS: [${sorted(tasks.flatMap(({ tags }) => tags)).join(', ')}]`,
  ])

const format = (playbook: Playbook, options: ListOptions, body: (play: ListedPlay) => string[]): string => {
  const plays = listPlays(playbook, options).map((play, index) => [
    `  play #${index + 1} (${play.hosts}): ${play.name}\tTAGS: [${play.tags.join(', ')}]`,
    ...body(play),
    '',
  ])
  return ['', `playbook: ${playbook.path}`, '', ...plays.flat()].join('\n')
}

const listItem = (item: TaskItem, inherited: readonly string[], options: ListOptions): ListedTask[] => {
  const tags = [...inherited, ...(item.keywords.tags ?? [])]
  if (item.kind === 'block') {
    return [...item.block, ...item.rescue, ...item.always].flatMap((inner) => listItem(inner, tags, options))
  }
  if (!selectsTags(tags, options.onlyTags, options.skipTags)) return []
  const action = item.kind === 'task' ? item.module.value : `include_${item.what}`
  const role = item.role ? `${item.role.name} : ` : ''
  const name = item.name === undefined ? action : role + textOf(item.name, options)
  return [{ name, tags: sorted(tags) }]
}

const hostsOf = (play: Play, options: ListOptions): string => {
  const { value } = play.hosts
  return (Array.isArray(value) ? value : [value]).map((host) => textOf(host, options)).join(',')
}

const textOf = (value: Value, options: ListOptions): string => {
  if (options.nameOf) return options.nameOf(value)
  return value instanceof Template ? value.text : String(value)
}

const sorted = (tags: readonly string[]): string[] => [...new Set(tags)].sort()
