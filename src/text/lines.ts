import type { Position, Source } from '../base/position.ts'

const starts = new WeakMap<Source, readonly number[]>()

/** The offsets at which the lines of a source begin; found once a source. */
const lineStarts = (source: Source): readonly number[] => {
  const known = starts.get(source)
  if (known) return known
  const found = [0]
  for (let at = source.text.indexOf('\n'); at >= 0; at = source.text.indexOf('\n', at + 1)) found.push(at + 1)
  starts.set(source, found)
  return found
}

/** The position of an offset (from 0), in the logarithm of the number of lines. */
export const locate = (source: Source, offset: number, length?: number): Position => {
  const lines = lineStarts(source)
  let low = 0
  let high = lines.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((lines[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  const line = low + 1
  const column = offset - (lines[low] ?? 0) + 1
  return length === undefined ? { source, line, column } : { source, line, column, length }
}

/** The offset (from 0) of a position in its source. */
export const offsetOf = (position: Position): number =>
  (lineStarts(position.source)[position.line - 1] ?? position.source.text.length) + position.column - 1
