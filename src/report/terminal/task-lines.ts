import { formatDuration } from '../../base/duration.ts'
import type { TaskInfo } from '../../base/events.ts'
import type { TaskResult, TaskStatus } from '../../base/result.ts'
import { changeLines } from './changes.ts'
import { failureLines } from './failure.ts'
import { printable } from './printable.ts'
import type { Style } from './style.ts'

const COLOURS = { ok: 'green', changed: 'yellow', failed: 'red', unreachable: 'red', skipped: 'cyan' } as const
const ORDER: readonly TaskStatus[] = ['ok', 'changed', 'skipped', 'failed', 'unreachable']

export interface TaskView {
  readonly diff: boolean
  readonly verbosity: number
  /** Characters that the names of tasks are padded to. */
  readonly nameWidth: number
  readonly style: Style
}

const groupBy = <T>(entries: readonly T[], keyOf: (entry: T) => string): T[][] => {
  const groups = new Map<string, T[]>()
  for (const entry of entries) groups.set(keyOf(entry), [...(groups.get(keyOf(entry)) ?? []), entry])
  return [...groups.values()]
}

type Entry = readonly [host: string, result: TaskResult]

const headLine = (task: TaskInfo, status: TaskStatus, entries: readonly Entry[], view: TaskView): string => {
  const ignored = entries.every(([, result]) => result.ignored) ? ' (ignored)' : ''
  const seconds = Math.max(...entries.map(([, result]) => result.duration))
  const name = `${task.handler ? '↳ ' : ''}${task.role ? `${task.role} : ` : ''}${task.name}`
  const hosts = entries
    .map(([host, result]) => (result.delegatedTo ? `${host} → ${result.delegatedTo}` : host))
    .join(' ')
  const label = view.style(COLOURS[status], `${status}${ignored}`.padEnd(11))
  return `  ${label} ${name.padEnd(view.nameWidth)}  ${hosts}  ${view.style('dim', formatDuration(seconds))}`
}

/** What a `debug` task says: its message, or the variable and its value. */
const messageOf = (task: TaskInfo, result: TaskResult): unknown => {
  if (task.module !== 'debug') return undefined
  return 'msg' in result.fields ? result.fields.msg : result.fields
}

const asText = (value: unknown): string[] =>
  printable(typeof value === 'string' ? value : JSON.stringify(value, undefined, 2))
    .split('\n')
    .map((line) => `      ${line}`)

/** With `-v`: what a command printed, or the fields of a result that has no output; with `-vv` always the fields. */
const outputLines = (task: TaskInfo, result: TaskResult, view: TaskView): string[] => {
  const streams = [result.fields.stdout, result.fields.stderr].filter((text) => typeof text === 'string')
  const printed = streams.filter((text) => text.trim() !== '').flatMap((text) => asText(text.trimEnd()))
  const message = result.msg ? asText(result.msg) : []
  const gathered = task.module === 'setup' && view.verbosity < 2 && task.name === 'Gathering Facts'
  const showFields = view.verbosity > 1 || (streams.length === 0 && !gathered)
  const fields = showFields && Object.keys(result.fields).length > 0 ? asText(result.fields) : []
  return [...printed, ...message, ...fields]
}

const detailLines = (task: TaskInfo, result: TaskResult, view: TaskView): string[] => {
  if (result.status === 'failed' || result.status === 'unreachable') return failureLines(result, view.style)
  if (result.hidden) return []
  const lines: string[] = []
  for (const part of result.items ?? [result]) {
    const details = [...changeLines(part.changes, part.diff ?? view.diff, view.style)]
    const message = messageOf(task, part)
    if (message !== undefined && part.status !== 'skipped') details.push(...asText(message))
    if ('label' in part && (details.length > 0 || view.verbosity > 0))
      lines.push(`      ${view.style('dim', `item ${printable(part.label)}`)}`)
    lines.push(...details)
  }
  if (view.verbosity > 0 && task.module !== 'debug') lines.push(...outputLines(task, result, view))
  return lines
}

/** A finished task: one line a status with the hosts that came to it, and below it what is worth reading, folded. */
export const taskLines = (task: TaskInfo, results: ReadonlyMap<string, TaskResult>, view: TaskView): string[] => {
  const lines: string[] = []
  for (const status of ORDER) {
    const entries = [...results].filter(([, result]) => result.status === status)
    if (entries.length === 0) continue
    for (const part of groupBy(entries, ([, result]) => String(result.ignored))) {
      lines.push(headLine(task, status, part, view))
      if (view.verbosity > 1) lines.push(view.style('dim', `      ${task.path}`))
      const groups = groupBy(part, ([, result]) => detailLines(task, result, view).join('\n'))
      for (const group of groups) {
        const details = group[0] ? detailLines(task, group[0][1], view) : []
        if (details.length === 0) continue
        if (groups.length > 1) lines.push(`    ${view.style('bold', group.map(([host]) => host).join(' '))}`)
        lines.push(...details)
      }
    }
  }
  return lines
}
