import { createTwoFilesPatch } from 'diff'
import type { Change } from './change.ts'

const isText = (value: Change['before']): boolean =>
  value === null ||
  typeof value === 'string' ||
  (Array.isArray(value) && value.every((item) => typeof item === 'string'))

const asText = (value: Change['before']): string =>
  value === null ? '' : Array.isArray(value) ? value.map((item) => `${item}\n`).join('') : `${value}`

/**
 * Whether a change is to be shown as a unified diff rather than on one line: one of many lines, and always that of what
 * is in a file, for a file of one line may be a password.
 */
export const isMultiline = (change: Change): boolean => change.subject === 'content' || hasLines(change)

const hasLines = (change: Change): boolean =>
  isText(change.before) &&
  isText(change.after) &&
  [change.before, change.after].some(
    (value) => Array.isArray(value) || (typeof value === 'string' && value.includes('\n')),
  )

/** A change of several lines as a unified diff (three lines of context), without trailing newline. */
export const unifiedDiff = (change: Change): string =>
  createTwoFilesPatch(
    `before: ${change.subject}`,
    `after: ${change.subject}`,
    asText(change.before),
    asText(change.after),
    undefined,
    undefined,
    { context: 3 },
  )
    .split('\n')
    .slice(1)
    .filter((line) => !line.startsWith('\\ No newline'))
    .join('\n')
    .trimEnd()
