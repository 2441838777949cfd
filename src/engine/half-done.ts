import type { TaskInfo } from '../base/events.ts'
import type { ModuleOutcome } from './execute-module.ts'

/** An outcome whose host was lost while the task was at work says which task may have half happened there. */
export const namingHalfDone = (outcome: ModuleOutcome, task: TaskInfo, host: string): ModuleOutcome => {
  const { error } = outcome
  if (error?.code !== 'host/lost') return outcome
  const hint = `the task "${task.name}" may have happened on ${host} wholly, in part, or not at all; run again to find out`
  return { ...outcome, error: { ...error, hints: [hint] } }
}
