import type { TaskResult } from '../base/result.ts'
import type { Value } from '../base/value.ts'
import type { Placed } from '../playbook/types.ts'
import type { Templar } from '../text/template/templar.ts'
import { asBoolean } from './become.ts'
import type { TaskStep } from './task-conditions.ts'

/**
 * A result that came about without the module: a condition that is false or cannot be decided, a loop without a list.
 * `no_log` and `ignore_errors` hold for it as for any other. Where no_log itself cannot be decided, it is taken as true.
 */
export const earlyResult = (result: TaskResult, step: TaskStep, templar: Templar): TaskResult => {
  const says = (placed: Placed<Value> | undefined, keyword: string, otherwise: boolean): boolean => {
    if (placed === undefined) return false
    try {
      return asBoolean(templar.evaluate(placed.value), keyword, placed)
    } catch {
      return otherwise
    }
  }
  const { noLog, ignoreErrors } = step.keywords
  return {
    ...result,
    hidden: says(noLog, 'no_log', true),
    ignored: result.status === 'failed' && says(ignoreErrors, 'ignore_errors', false),
  }
}
