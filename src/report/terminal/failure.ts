import type { TaskResult } from '../../base/result.ts'
import { printable } from './printable.ts'
import type { Style } from './style.ts'

const INDENT = '      '
const MOST_LINES = 40

const block = (title: string, text: unknown): string[] => {
  if (typeof text !== 'string' || text.trim() === '') return []
  const lines = printable(text.trimEnd()).split('\n')
  const cut = lines.length > MOST_LINES ? [`… ${lines.length - MOST_LINES} lines more`] : []
  return [`${INDENT}${title}:`, ...[...lines.slice(0, MOST_LINES), ...cut].map((line) => `${INDENT}  ${line}`)]
}

/** Why a host failed: the message, the command with its status and output, the place, and what to do next. */
export const failureLines = (result: TaskResult, style: Style): string[] => {
  if (result.hidden) return [`${INDENT}the result is hidden by no_log`]
  const { error, fields } = result
  const code = error ? `error[${error.code}]: ` : ''
  const [first = '', ...more] = printable(result.msg ?? 'the task failed').split('\n')
  const lines = [`${INDENT}${style('red', `${code}${first}`)}`, ...more.map((line) => `${INDENT}${line}`)]
  if (error?.where) lines.push(`${INDENT}--> ${error.where}`)
  if (error?.frame) lines.push(...error.frame.split('\n').map((line) => `${INDENT}${line}`))
  if (fields.cmd !== undefined) {
    const command = Array.isArray(fields.cmd) ? fields.cmd.join(' ') : String(fields.cmd)
    lines.push(`${INDENT}command: ${printable(command)}`)
  }
  if (typeof fields.rc === 'number') lines.push(`${INDENT}exit status: ${fields.rc}`)
  lines.push(...block('stderr', fields.stderr), ...block('stdout', fields.stdout))
  for (const hint of error?.hints ?? []) lines.push(`${INDENT}${style('yellow', 'hint:')} ${printable(hint)}`)
  for (const item of result.items ?? []) {
    if (item.status !== 'failed' || item.ignored) continue
    lines.push(
      `${INDENT}item ${printable(item.label)}:`,
      ...failureLines({ ...item, items: undefined }, style).map((line) => `  ${line}`),
    )
  }
  return lines
}
