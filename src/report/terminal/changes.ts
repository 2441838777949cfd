import type { Change } from '../../base/change.ts'
import { isMultiline, unifiedDiff } from '../../base/diff-text.ts'
import { printable } from './printable.ts'
import type { Style } from './style.ts'

const INDENT = '      '
const WIDTH = 70

const show = (value: Change['before'], full: boolean): string => {
  if (value === null) return 'nothing'
  const text = printable(Array.isArray(value) ? value.join(', ') : String(value))
  if (text === '') return "''"
  return text.length > WIDTH && !full ? `${text.slice(0, WIDTH - 1)}…` : text
}

const colourDiff = (line: string, style: Style): string => {
  if (line.startsWith('+')) return style('green', line)
  if (line.startsWith('-')) return style('red', line)
  return line.startsWith('@@') ? style('cyan', line) : line
}

/** What changed, a line each; with `full` nothing is cut off, and text of several lines is shown as a unified diff. */
export const changeLines = (changes: readonly Change[], full: boolean, style: Style): string[] =>
  changes.flatMap((change) => {
    if (change.sensitive) return [`${INDENT}${change.subject}: hidden`]
    if (!change.withheld && !isMultiline(change)) {
      const before = style('red', show(change.before, full))
      return [`${INDENT}${change.subject}: ${before} → ${style('green', show(change.after, full))}`]
    }
    if (full && !change.withheld) {
      const diff = printable(unifiedDiff(change)).split('\n')
      return diff.map((line) => `${INDENT}${colourDiff(line, style)}`)
    }
    return [`${INDENT}${change.subject} differs (--diff shows it)`]
  })
