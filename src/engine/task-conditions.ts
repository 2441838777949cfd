import type { Task } from '../playbook/types.ts'
import type { Templar } from '../text/template/templar.ts'
import { asBoolean } from './become.ts'
import type { Step } from './walk.ts'

/** A step that is a task and no include. */
export type TaskStep = Step & { readonly item: Task }

/** Evaluates all conditions of a `when`; undefined where they hold, else the text of the one that does not. */
export const firstFalse = (templar: Templar, conditions: Step['keywords']['when']): string | undefined =>
  conditions?.find((condition) => !templar.condition(condition))?.text

/** Whether a keyword that is true or false holds for a task on a host. */
export const keywordHolds = (
  templar: Templar,
  keywords: Step['keywords'],
  name: 'runOnce' | 'anyErrorsFatal',
): boolean => {
  const placed = keywords[name]
  return placed !== undefined && asBoolean(templar.evaluate(placed.value), name, placed)
}
