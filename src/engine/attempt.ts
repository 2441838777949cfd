import type { TaskInfo } from '../base/events.ts'
import type { TaskResult } from '../base/result.ts'
import { resultRecord } from '../base/result-record.ts'
import type { PlainValue, Value, Variables } from '../base/value.ts'
import type { Placed } from '../playbook/types.ts'
import type { Templar } from '../text/template/templar.ts'
import { asBoolean } from './become.ts'
import { earlyResult } from './early-result.ts'
import type { ModuleOutcome } from './execute-module.ts'
import { asNumber, pause } from './keyword-values.ts'
import { perform } from './perform.ts'
import { toPlainMapping } from './plain.ts'
import type { PlayRun } from './run.ts'
import { shownChanges } from './shown-changes.ts'
import type { TaskStep } from './task-conditions.ts'
import { emptyResult, failedResult } from './task-result.ts'
import { templarFor } from './templar.ts'

const DEFAULT_RETRIES = 3
const DEFAULT_DELAY = 5

export interface Made {
  readonly result: TaskResult
  readonly facts: Record<string, PlainValue>
  readonly variables: Record<string, PlainValue>
}

const statusOf = (outcome: ModuleOutcome): TaskResult['status'] => {
  if (outcome.unreachable) return 'unreachable'
  if (outcome.failed) return 'failed'
  if (outcome.skipped) return 'skipped'
  return outcome.changed ? 'changed' : 'ok'
}

/** Facts that a module found, under the names it gave them: that is how variables of the host are called. */
const factsOf = (fields: Readonly<Record<string, unknown>>): Record<string, PlainValue> => {
  const facts = fields.ansible_facts
  return facts === null || typeof facts !== 'object' ? {} : toPlainMapping({ ...facts })
}

/**
 * Runs a task (or one turn of its loop) until it is done: once, or as often as `until` and `retries` say; then lets
 * `changed_when`, `failed_when` and `ignore_errors` have their say.
 */
export const attempt = async (
  playRun: PlayRun,
  step: TaskStep,
  info: TaskInfo,
  host: string,
  templar: Templar,
  local: Variables,
): Promise<Made> => {
  const task = step.item
  const number = (placed: Placed<Value> | undefined, keyword: string, fallback: number): number =>
    placed === undefined ? fallback : asNumber(templar.evaluate(placed.value), keyword, placed.position)
  const sees = (record: Record<string, PlainValue>): Templar =>
    templarFor(playRun, host, {
      role: step.role,
      vars: step.keywords.vars,
      includeVars: step.includeVars,
      directory: task.directory,
      local: { ...record, ...local, ...(task.register ? { [task.register.value]: record } : {}) },
    })

  try {
    const flag = (placed: Placed<Value> | undefined, name: string): boolean =>
      placed !== undefined && asBoolean(templar.evaluate(placed.value), name, placed)
    const hidden = flag(step.keywords.noLog, 'no_log')
    const diff = step.keywords.diff && flag(step.keywords.diff, 'diff')
    const attempts = task.until
      ? number(task.retries, 'retries', DEFAULT_RETRIES) + 1
      : task.retries
        ? number(task.retries, 'retries', 0) + 1
        : 1
    const delay = number(task.delay, 'delay', DEFAULT_DELAY)
    for (let turn = 1; ; turn++) {
      const { outcome, delegatedTo } = await perform(playRun, step, info, host, templar, local)
      let result = emptyResult({
        status: statusOf(outcome),
        msg: outcome.msg,
        // A command that failed may have changed something all the same.
        fields: outcome.failed && outcome.changed ? { ...outcome.fields, changed: true } : outcome.fields,
        changes: shownChanges(outcome.changes, diff, playRun.run.options.diffMode),
        ...(diff === undefined ? {} : { diff }),
        error: outcome.error,
        hidden,
        delegatedTo,
        attempts: attempts > 1 ? turn : undefined,
      })
      result = judge(result, step, sees)
      const record = toPlainMapping(resultRecord(result))
      const done = task.until
        ? task.until.every((condition) => sees(record).condition(condition))
        : result.status !== 'failed'
      if (!done && turn < attempts && result.status !== 'unreachable' && !playRun.run.signal.aborted) {
        playRun.run.events.emit({ type: 'host-retry', task: info, host, attempt: turn, left: attempts - turn })
        await pause(delay, playRun.run.signal)
        continue
      }
      if (!done && task.until && result.status !== 'unreachable') {
        result = {
          ...result,
          status: 'failed',
          msg: result.msg ?? `the condition of until did not come true in ${turn} attempts`,
        }
      }
      const ignored =
        (result.status === 'failed' && flag(step.keywords.ignoreErrors, 'ignore_errors')) ||
        (result.status === 'unreachable' && flag(step.keywords.ignoreUnreachable, 'ignore_unreachable'))
      return {
        result: { ...result, ignored },
        facts: outcome.variables ? {} : factsOf(outcome.fields),
        variables: toPlainMapping(outcome.variables ?? {}),
      }
    }
  } catch (error) {
    return { result: earlyResult(failedResult(error), step, templar), facts: {}, variables: {} }
  }
}

/** Lets `changed_when` and `failed_when` decide. Skipped and unreachable results stay what they are. */
const judge = (
  result: TaskResult,
  step: TaskStep,
  sees: (record: Record<string, PlainValue>) => Templar,
): TaskResult => {
  const { changedWhen, failedWhen } = step.item
  if (result.status === 'skipped' || result.status === 'unreachable' || !(changedWhen || failedWhen)) return result
  let judged = result
  if (changedWhen && judged.status !== 'failed') {
    const templar = sees(toPlainMapping(resultRecord(judged)))
    const changed = changedWhen.every((condition) => templar.condition(condition))
    judged = { ...judged, status: changed ? 'changed' : 'ok' }
  }
  if (failedWhen) {
    const templar = sees(toPlainMapping(resultRecord(judged)))
    const failed = failedWhen.every((condition) => templar.condition(condition))
    const wasFailed = judged.status === 'failed'
    const fields = { ...judged.fields, failed_when_result: failed }
    if (failed)
      judged = { ...judged, status: 'failed', fields, msg: judged.msg ?? 'failed_when says that this is a failure' }
    else if (wasFailed) judged = { ...judged, status: 'ok', fields, error: undefined }
    else judged = { ...judged, fields }
    if (!failed && wasFailed && changedWhen) {
      const again = sees(toPlainMapping(resultRecord(judged)))
      judged = { ...judged, status: changedWhen.every((condition) => again.condition(condition)) ? 'changed' : 'ok' }
    }
  }
  return judged
}
