import { formatDuration } from '../../base/duration.ts'
import type { RunEvent, TaskInfo } from '../../base/events.ts'
import type { TaskResult } from '../../base/result.ts'
import type { Output, Reporter } from '../reporter.ts'
import type { LiveRegion } from './live.ts'
import { printable } from './printable.ts'
import { recapLine } from './recap.ts'
import { type Style, styleFor } from './style.ts'
import { taskLines } from './task-lines.ts'

export interface TerminalOptions {
  readonly diff: boolean
  readonly verbosity: number
}

const NAME_WIDTH = 44

interface OpenTask {
  readonly task: TaskInfo
  readonly hosts: readonly string[]
  readonly waiting: Set<string>
  readonly results: Map<string, TaskResult>
}

const openTask = (task: TaskInfo, hosts: readonly string[]): OpenTask => ({
  task,
  hosts,
  waiting: new Set(hosts),
  results: new Map(),
})

/** Results in the order of the play's hosts, whichever ended first. */
const inOrder = ({ hosts, results }: OpenTask): ReadonlyMap<string, TaskResult> =>
  new Map(
    hosts.flatMap((host): [string, TaskResult][] => {
      const result = results.get(host)
      return result ? [[host, result]] : []
    }),
  )

/** Writes a run for a person: a line a finished task, live lines for what runs, a recap at the end. */
export const terminalReporter = async (output: Output, options: TerminalOptions): Promise<Reporter> => {
  const style = styleFor(output)
  // What measures text on a terminal takes a tenth of the command's start to load.
  const live = output.isTTY ? new (await import('./live.ts')).LiveRegion(style) : undefined
  return reporterOf(output, options, style, live)
}

const reporterOf = (output: Output, options: TerminalOptions, style: Style, live: LiveRegion | undefined): Reporter => {
  const open = new Map<string, OpenTask>()
  const view = { ...options, nameWidth: NAME_WIDTH, style }

  const print = (...lines: readonly string[]): void => {
    if (lines.length === 0) return
    const text = `${lines.join('\n')}\n`
    if (live) live.above(() => output.write(text))
    else output.write(text)
  }

  const endHost = (task: TaskInfo, host: string, result: TaskResult): void => {
    live?.end(`${task.id} ${host}`)
    const entry = open.get(task.id)
    if (!entry) return
    entry.results.set(host, result)
    entry.waiting.delete(host)
    if (entry.waiting.size > 0) return
    open.delete(task.id)
    print(...taskLines(task, inOrder(entry), view))
  }

  const recap = (event: RunEvent & { type: 'run-ended' }): void => {
    for (const entry of open.values()) if (entry.results.size > 0) print(...taskLines(entry.task, inOrder(entry), view))
    open.clear()
    const hosts = Object.keys(event.stats).sort()
    const width = Math.max(0, ...hosts.map((host) => host.length))
    const lines = hosts.flatMap((host) => {
      const stats = event.stats[host]
      return stats ? [recapLine(host, stats, width, style)] : []
    })
    const how = event.interrupted ? style('red', 'interrupted') : 'done'
    print(
      '',
      style('bold', 'PLAY RECAP'),
      ...lines,
      '',
      `${how} in ${formatDuration(event.duration)}, run ${event.runId}`,
    )
  }

  const handle = (event: RunEvent): void => {
    switch (event.type) {
      case 'run-began':
        if (event.checkMode) print(style('yellow', 'Check mode: nothing will be changed on any host.'))
        return
      case 'play-began':
        print('', `${style('bold', `PLAY  ${event.play.name}`)}  ${style('dim', event.hosts.join(' '))}`)
        return
      case 'play-empty':
        print('', `${style('bold', `PLAY  ${event.play.name}`)}  no host matches "${event.pattern}"`)
        return
      case 'task-began':
        open.set(event.task.id, openTask(event.task, event.hosts))
        return
      case 'host-began':
        live?.begin(`${event.task.id} ${event.host}`, event.task.name, event.host)
        return
      case 'host-progress':
        live?.progress(`${event.task.id} ${event.host}`, event.progress)
        return
      case 'host-retry':
        print(
          style('dim', `  retry       ${event.task.name}  ${event.host}  attempt ${event.attempt}, ${event.left} left`),
        )
        return
      case 'host-message':
        if (event.level === 'warning')
          print(`  ${style('yellow', 'warning')}     ${event.host}: ${printable(event.message)}`)
        else if (options.verbosity > 0) print(style('dim', `              ${event.host}: ${printable(event.message)}`))
        return
      case 'host-ended':
        endHost(event.task, event.host, event.result)
        return
      case 'included':
        if (options.verbosity > 0) print(style('dim', `  included    ${event.file} for ${event.hosts.join(' ')}`))
        return
      case 'warning':
        print(`${style('yellow', 'warning:')} ${event.message}`)
        return
      case 'play-stopped':
        print(style('red', `  stopped: ${event.reason}`))
        return
      case 'run-ended':
        recap(event)
    }
  }

  return {
    handle,
    close: () => live?.close(),
    aside: async (work) => await (live ? live.aside(work) : work()),
  }
}
