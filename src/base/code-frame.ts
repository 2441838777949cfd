import type { Position } from './position.ts'

const CONTEXT_LINES = 1

/**
 * Shows the line of a position with one line before and after it and carets under the place.
 *
 * @returns lines without colour and without a trailing newline; empty when the source has no such line.
 */
export const codeFrame = (position: Position): string => {
  const lines = position.source.text.split('\n')
  if (position.line < 1 || position.line > lines.length) return ''
  const first = Math.max(1, position.line - CONTEXT_LINES)
  const last = Math.min(lines.length, position.line + CONTEXT_LINES)
  const width = String(last).length
  const frame: string[] = []
  for (let number = first; number <= last; number++) {
    const text = (lines[number - 1] ?? '').replaceAll('\t', ' ').replace(/\r$/, '')
    if (number === last && number !== position.line && text.trim() === '') continue
    const marker = number === position.line ? '>' : ' '
    frame.push(`${marker} ${String(number).padStart(width)} | ${text}`.trimEnd())
    if (number === position.line) {
      const room = Math.max(1, text.length - position.column + 1)
      const carets = '^'.repeat(Math.min(Math.max(1, position.length ?? 1), room))
      frame.push(`  ${' '.repeat(width)} | ${' '.repeat(position.column - 1)}${carets}`)
    }
  }
  return frame.join('\n')
}
