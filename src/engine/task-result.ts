import { reportError } from '../base/report-error.ts'
import type { TaskResult } from '../base/result.ts'

/** A result with what it has to say, and nothing in the rest. */
export const emptyResult = (part: Partial<TaskResult>): TaskResult => ({
  status: 'ok',
  ignored: false,
  msg: undefined,
  fields: {},
  changes: [],
  error: undefined,
  duration: 0,
  hidden: false,
  items: undefined,
  attempts: undefined,
  delegatedTo: undefined,
  ...part,
})

/** A result for something that went wrong before a module had its say: a condition, a loop, an argument. */
export const failedResult = (error: unknown): TaskResult => {
  const report = reportError(error)
  return emptyResult({ status: 'failed', msg: report.message, error: report })
}
