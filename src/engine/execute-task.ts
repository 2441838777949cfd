import type { TaskInfo } from '../base/events.ts'
import type { ItemResult, TaskResult } from '../base/result.ts'
import { resultRecord } from '../base/result-record.ts'
import type { PlainValue, Variables } from '../base/value.ts'
import type { Task } from '../playbook/types.ts'
import type { Templar } from '../text/template/templar.ts'
import { attempt } from './attempt.ts'
import { earlyResult } from './early-result.ts'
import { asNumber, pause } from './keyword-values.ts'
import { itemLabel, loopItems, loopVariable, turnsOf } from './loop.ts'
import { toPlainMapping } from './plain.ts'
import type { PlayRun } from './run.ts'
import { firstFalse, type TaskStep } from './task-conditions.ts'
import { emptyResult, failedResult } from './task-result.ts'
import { templarFor } from './templar.ts'

/** What a task left on one host. */
export interface TaskRun {
  readonly result: TaskResult
  /** What `register` keeps. */
  readonly record: Record<string, PlainValue>
  /** Facts to keep: by `setup` and other modules (`ansible_facts`), and by `set_fact`. */
  readonly facts: Record<string, PlainValue>
  readonly variables: Record<string, PlainValue>
  readonly templar: Templar
}

const SECOND = 1e9

const skipped = (condition: string): TaskResult =>
  emptyResult({
    status: 'skipped',
    msg: 'Conditional result was False',
    fields: { skip_reason: 'Conditional result was False', false_condition: condition },
  })

const combine = (items: readonly ItemResult[], duration: number): TaskResult => {
  const has = (status: TaskResult['status']): boolean => items.some((item) => item.status === status)
  const failed = items.some((item) => item.status === 'failed' && !item.ignored)
  const status = has('unreachable')
    ? 'unreachable'
    : failed || has('failed')
      ? 'failed'
      : has('changed')
        ? 'changed'
        : items.every((item) => item.status === 'skipped')
          ? 'skipped'
          : 'ok'
  const msg =
    status === 'failed'
      ? 'One or more items failed'
      : status === 'skipped'
        ? 'All items skipped'
        : 'All items completed'
  return emptyResult({
    status,
    ignored: status === 'failed' && !failed,
    msg: items.length === 0 ? 'No items in the list' : msg,
    fields: items.length === 0 ? { skipped_reason: 'No items in the list' } : {},
    duration,
    hidden: items.some((item) => item.hidden),
    items,
  })
}

/**
 * Runs a task on one host: condition, loop, attempts. Whatever goes wrong is part of the result; only a bug of ours
 * is thrown.
 */
export const executeTask = async (playRun: PlayRun, step: TaskStep, info: TaskInfo, host: string): Promise<TaskRun> => {
  const began = process.hrtime.bigint()
  const task = step.item
  const layers = { role: step.role, vars: step.keywords.vars, includeVars: step.includeVars, directory: task.directory }
  const templarWith = (local: Variables): Templar => templarFor(playRun, host, { ...layers, local })
  const templar = templarWith({})
  const facts: Record<string, PlainValue> = {}
  const variables: Record<string, PlainValue> = {}
  const finish = (result: TaskResult): TaskRun => {
    const duration = Number(process.hrtime.bigint() - began) / SECOND
    const timed = { ...result, duration }
    const name = task.loop ? loopVariableOrItem(task, templar) : 'item'
    return { result: timed, record: toPlainMapping(resultRecord(timed, name)), facts, variables, templar }
  }

  const once = async (local: Variables): Promise<TaskResult> => {
    const own = templarWith(local)
    try {
      const falseCondition = firstFalse(own, step.keywords.when)
      if (falseCondition !== undefined) return earlyResult(skipped(falseCondition), step, own)
    } catch (error) {
      return earlyResult(failedResult(error), step, own)
    }
    const made = await attempt(playRun, step, info, host, own, local)
    Object.assign(facts, made.facts)
    Object.assign(variables, made.variables)
    return made.result
  }

  if (!task.loop) return finish(await once({}))

  let items: PlainValue[]
  try {
    items = loopItems(task.loop, templar)
  } catch (error) {
    // A condition that is false without the item spares the loop, so that a list may be undefined where it is not needed.
    try {
      const falseCondition = firstFalse(templar, step.keywords.when)
      if (falseCondition !== undefined) return finish(earlyResult(skipped(falseCondition), step, templar))
    } catch {}
    return finish(earlyResult(failedResult(error), step, templar))
  }
  const results: ItemResult[] = []
  try {
    const { control, value } = task.loop
    const wait = control.pause === undefined ? 0 : asNumber(templar.evaluate(control.pause), 'pause', value.position)
    for (const turn of turnsOf(items, task.loop, templar)) {
      if (wait > 0 && results.length > 0) await pause(wait, playRun.run.signal)
      const result = await once(turn.variables)
      const hidden = result.hidden
      const label = hidden ? '(hidden by no_log)' : itemLabel(task.loop, turn, templarWith(turn.variables))
      const item: ItemResult = { ...result, item: turn.item, label }
      results.push(item)
      playRun.run.events.emit({ type: 'item-ended', task: info, host, result: item })
      if (result.status === 'unreachable') break
    }
  } catch (error) {
    return finish(earlyResult(failedResult(error), step, templar))
  }
  return finish(combine(results, 0))
}

const loopVariableOrItem = (task: Task, templar: Templar): string => {
  try {
    return task.loop ? loopVariable(task.loop, templar) : 'item'
  } catch {
    return 'item'
  }
}
