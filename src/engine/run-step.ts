import { randomUUID } from 'node:crypto'
import type { TaskInfo } from '../base/events.ts'
import type { TaskResult } from '../base/result.ts'
import { Template } from '../base/value.ts'
import { executeTask, type TaskRun } from './execute-task.ts'
import { runInclude } from './include.ts'
import { runMeta } from './meta.ts'
import type { PlayRun } from './run.ts'
import { judgeFailures } from './stop.ts'
import { keywordHolds, type TaskStep } from './task-conditions.ts'
import { failedResult } from './task-result.ts'
import { templarFor } from './templar.ts'
import type { Outcome, Step } from './walk.ts'

/** What reports call a task: its name with the variables of the first host, or the module. */
export const describeTask = (playRun: PlayRun, step: Step, host: string): TaskInfo => {
  const { item } = step
  const module = item.kind === 'task' ? item.module.value : `include_${item.what}`
  return {
    id: randomUUID(),
    name: nameOf(playRun, step, host) ?? module,
    module,
    path: `${item.position.source.path}:${item.position.line}`,
    role: step.role?.name,
    handler: step.handler,
  }
}

const nameOf = (playRun: PlayRun, step: Step, host: string): string | undefined => {
  const { name } = step.item
  if (name === undefined || name === null) return undefined
  if (!(name instanceof Template)) return String(name)
  try {
    const layers = { role: step.role, vars: step.keywords.vars, includeVars: step.includeVars }
    return String(templarFor(playRun, host, layers).evaluate(name))
  } catch {
    // A name with a loop variable in it cannot be evaluated yet; the text says enough.
    return name.text
  }
}

/** Keeps a task's result on its host: counts, register, facts. */
const keep = (playRun: PlayRun, step: TaskStep, host: string, made: TaskRun): void => {
  const state = playRun.run.hosts.of(host)
  const { result } = made
  state.facts = { ...state.facts, ...made.facts }
  state.variables = { ...state.variables, ...made.variables }
  if (step.item.register) state.variables = { ...state.variables, [step.item.register.value]: made.record }
  if (step.role && result.status !== 'skipped' && result.status !== 'unreachable') {
    playRun.roles.taskRan(host, step.role)
  }
  if (result.ignored) state.stats.ignored++
  if (result.status === 'skipped') state.stats.skipped++
  else if (result.status === 'unreachable') state.stats.unreachable++
  else if (result.status !== 'failed' || result.ignored) state.stats.ok++
  if (result.status === 'changed' || (result.ignored && result.fields.changed === true)) state.stats.changed++
}

/** Notifies the handlers of a task that changed something. A handler that is not there fails the task. */
const notify = (playRun: PlayRun, step: TaskStep, host: string, made: TaskRun): TaskRun => {
  if (made.result.status !== 'changed') return made
  try {
    for (const placed of step.item.notify) {
      const names = made.templar.evaluate(placed.value)
      for (const name of Array.isArray(names) ? names : [names]) {
        playRun.notifications.notify(host, String(name), placed.position)
      }
    }
    return made
  } catch (error) {
    const { status, msg, error: report } = failedResult(error)
    return { ...made, result: { ...made.result, status, msg, error: report } }
  }
}

const outcomeOf = (result: TaskResult): Outcome => {
  if (result.ignored) return { kind: 'done' }
  if (result.status === 'failed') return { kind: 'failed', result }
  return result.status === 'unreachable' ? { kind: 'unreachable' } : { kind: 'done' }
}

const runTask = async (
  playRun: PlayRun,
  steps: ReadonlyMap<string, TaskStep>,
  info: TaskInfo,
): Promise<Map<string, Outcome>> => {
  const { events, limit } = playRun.run
  const outcomes = new Map<string, Outcome>()
  const runOn = (host: string, step: TaskStep): Promise<TaskRun> =>
    limit(async () => {
      events.emit({ type: 'host-began', task: info, host })
      const made = notify(playRun, step, host, await executeTask(playRun, step, info, host))
      events.emit({ type: 'host-ended', task: info, host, result: made.result })
      return made
    })
  const settle = (host: string, step: TaskStep, made: TaskRun): void => {
    keep(playRun, step, host, made)
    outcomes.set(host, outcomeOf(made.result))
  }
  const entries = [...steps]
  const [first] = entries
  if (!first) return outcomes
  const [firstHost, firstStep] = first
  if (keywordHolds(templarFor(playRun, firstHost, { vars: firstStep.keywords.vars }), firstStep.keywords, 'runOnce')) {
    events.emit({ type: 'task-began', play: playRun.info, task: info, hosts: [firstHost] })
    const made = await runOn(firstHost, firstStep)
    settle(firstHost, firstStep, made)
    // The other hosts share what the one has found: its result, its facts and its failure.
    for (const [host, step] of entries.slice(1)) {
      const state = playRun.run.hosts.of(host)
      state.facts = { ...state.facts, ...made.facts }
      state.variables = { ...state.variables, ...made.variables }
      if (step.item.register) state.variables = { ...state.variables, [step.item.register.value]: made.record }
      outcomes.set(host, outcomeOf(made.result))
    }
    return outcomes
  }
  events.emit({ type: 'task-began', play: playRun.info, task: info, hosts: entries.map(([host]) => host) })
  const throttled = throttle(playRun, firstHost, firstStep)
  await throttled(entries, async ([host, step]) => settle(host, step, await runOn(host, step)))
  return outcomes
}

type ForEach = <T>(entries: readonly T[], work: (entry: T) => Promise<void>) => Promise<void>

/** Runs work for all entries at once, or for as many at a time as `throttle` allows. */
const throttle = (playRun: PlayRun, host: string, step: TaskStep): ForEach => {
  const placed = step.keywords.throttle
  const most = placed ? Number(templarFor(playRun, host, { vars: step.keywords.vars }).evaluate(placed.value)) : 0
  return async (entries, work) => {
    const waiting = [...entries]
    const worker = async (): Promise<void> => {
      for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) await work(entry)
    }
    const workers = most > 0 ? Math.min(most, entries.length) : entries.length
    await Promise.all(Array.from({ length: workers }, worker))
  }
}

/** Does one step on all hosts that have come to it, and judges whether the play may go on. */
export const runStep = async (playRun: PlayRun, steps: ReadonlyMap<string, Step>): Promise<Map<string, Outcome>> => {
  const [first] = steps
  if (!first) return new Map()
  const [host, step] = first
  if (step.item.kind === 'include') return runInclude(playRun, steps, describeTask(playRun, step, host))
  if (step.item.module.value === 'meta') return runMeta(playRun, steps as ReadonlyMap<string, TaskStep>)
  const outcomes = await runTask(playRun, steps as ReadonlyMap<string, TaskStep>, describeTask(playRun, step, host))
  judgeFailures(playRun, step, host, outcomes)
  return outcomes
}
