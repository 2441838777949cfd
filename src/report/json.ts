import type { RunEvent } from '../base/events.ts'
import type { HostStats } from '../base/result.ts'
import { shownRecord } from '../base/result-record.ts'
import type { Output, Reporter } from './reporter.ts'

interface TaskRecord {
  readonly task: { id: string; name: string; path: string; duration: Duration }
  readonly hosts: Record<string, Record<string, unknown>>
}

interface PlayRecord {
  readonly play: { id: string; name: string; path: string; duration: Duration }
  readonly tasks: TaskRecord[]
}

interface Duration {
  start: string
  end?: string
}

const iso = (time: number): string => new Date(time).toISOString()

const statsRecord = (stats: HostStats): Record<string, number> => {
  const { failed, ...rest } = stats
  return { ...rest, failures: failed }
}

/** One JSON document at the end of the run, in the shape of Ansible's json callback, and nothing else. */
export const jsonReporter = (output: Output): Reporter => {
  const plays: PlayRecord[] = []
  const tasks = new Map<string, TaskRecord>()
  const warnings: string[] = []
  let stats: Record<string, Record<string, number>> = {}
  let run: Record<string, unknown> = {}

  const handle = (event: RunEvent): void => {
    switch (event.type) {
      case 'run-began':
        run = { run_id: event.runId, check_mode: event.checkMode, started: iso(event.time) }
        return
      case 'play-began':
        plays.push({ play: { ...event.play, duration: { start: iso(event.time) } }, tasks: [] })
        return
      case 'task-began': {
        const { id, name, path } = event.task
        const record: TaskRecord = { task: { id, name, path, duration: { start: iso(event.time) } }, hosts: {} }
        tasks.set(id, record)
        plays.findLast((play) => play.play.id === event.play.id)?.tasks.push(record)
        return
      }
      case 'host-ended': {
        const record = tasks.get(event.task.id)
        if (!record) return
        const ignored = event.result.ignored ? { ignored: true } : {}
        record.hosts[event.host] = { ...shownRecord(event.result), ...ignored, action: event.task.module }
        record.task.duration.end = iso(event.time)
        const play = plays.findLast((candidate) => candidate.tasks.includes(record))
        if (play) play.play.duration.end = iso(event.time)
        return
      }
      case 'warning':
        warnings.push(event.message)
        return
      case 'host-message':
        if (event.level === 'warning') warnings.push(`${event.host}: ${event.message}`)
        return
      case 'run-ended':
        stats = Object.fromEntries(Object.entries(event.stats).map(([host, counts]) => [host, statsRecord(counts)]))
        run = { ...run, ended: iso(event.time), exit: event.exit, interrupted: event.interrupted }
        return
    }
  }

  const close = (): void => {
    const document = { custom_stats: {}, global_custom_stats: {}, plays, stats, warnings, lifeboat: run }
    output.write(`${JSON.stringify(document, undefined, 4)}\n`)
  }

  return { handle, close }
}
