import type { Change } from './change.ts'
import type { ItemResult, TaskResult } from './result.ts'
import { REDACTED } from './secrets.ts'

const textOf = (value: Change['before']): string =>
  value === null ? '' : Array.isArray(value) ? value.map((line) => `${line}\n`).join('') : String(value)

const diffOf = (change: Change): Record<string, string> =>
  change.withheld ? headersOf(change) : { ...valuesOf(change), ...headersOf(change) }

const valuesOf = (change: Change): Record<string, string> => ({
  before: change.sensitive ? REDACTED : textOf(change.before),
  after: change.sensitive ? REDACTED : textOf(change.after),
})

const headersOf = (change: Change): Record<string, string> => ({
  before_header: change.subject,
  after_header: change.subject,
})

const linesOf = (text: string): string[] => {
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

const base = (result: TaskResult): Record<string, unknown> => {
  const record: Record<string, unknown> = { ...result.fields }
  for (const stream of ['stdout', 'stderr'] as const) {
    const text = record[stream]
    if (typeof text === 'string' && record[`${stream}_lines`] === undefined) record[`${stream}_lines`] = linesOf(text)
  }
  record.changed = result.status === 'changed' || record.changed === true
  record.failed = result.status === 'failed'
  if (result.status === 'skipped') record.skipped = true
  if (result.status === 'unreachable') record.unreachable = true
  if (result.msg !== undefined) record.msg = result.msg
  if (result.attempts !== undefined) record.attempts = result.attempts
  if (result.changes.length > 0) record.diff = result.changes.map(diffOf)
  if (result.error) record.error = { ...result.error }
  if (result.delegatedTo !== undefined) record.delegated_to = result.delegatedTo
  return record
}

/**
 * A result as Ansible's users know it: what `register` gives and what JSON output shows for a host. A loop's result
 * has `results`, each with its `item`.
 */
export const resultRecord = (result: TaskResult, loopVariable = 'item'): Record<string, unknown> => {
  const record = base(result)
  if (result.items) {
    record.results = result.items.map((item: ItemResult) => ({
      ...base(item),
      [loopVariable]: item.item,
      ansible_loop_var: loopVariable,
    }))
  }
  return record
}

/** The same for reporters: nothing of a `no_log` result but its status. */
export const shownRecord = (result: TaskResult): Record<string, unknown> => {
  if (!result.hidden) return resultRecord(result)
  return {
    censored: "the output has been hidden due to the fact that 'no_log: true' was specified for this result",
    changed: result.status === 'changed',
    failed: result.status === 'failed',
    ...(result.status === 'skipped' ? { skipped: true } : {}),
    ...(result.status === 'unreachable' ? { unreachable: true } : {}),
  }
}
