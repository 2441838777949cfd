import type { Position, Source } from '../../../base/position.ts'
import { locate, offsetOf } from '../../lines.ts'

/** Where a template's text stands in a source, so that an offset in it can be shown in the user's file. */
export class Origin {
  readonly text: string
  readonly start: Position
  constructor(text: string, start: Position) {
    this.text = text
    this.start = start
  }

  static of(source: Source): Origin {
    return new Origin(source.text, { source, line: 1, column: 1 })
  }

  /** The place of a stretch of the text. Quotes, escapes and folded lines of YAML lie between the two. */
  position(start: number, end: number): Position {
    const source = this.start.source
    const first = offsetOf(this.start)
    if (first > source.text.length) return this.start
    const from = alignTo(source.text, first, this.text, start)
    if (from === undefined) return this.start
    const to = alignTo(source.text, first, this.text, Math.max(start, end - 1)) ?? from
    const lineEnd = source.text.indexOf('\n', from)
    const length = Math.min(to + 1, lineEnd < 0 ? source.text.length : lineEnd) - from
    return locate(source, from, Math.max(1, length))
  }
}

/** Walks the text and the file side by side; undefined where they part. */
const alignTo = (file: string, first: number, text: string, offset: number): number | undefined => {
  if (file.startsWith(text.slice(0, offset), first)) return first + offset
  let at = first
  for (let index = 0; index <= offset; index++) {
    const wanted = text[index]
    if (wanted === undefined || file[at] === wanted) {
      if (index === offset) return at
      at++
      if (wanted === "'" && file[at] === "'" && text[index + 1] !== "'") at++
      if (wanted === '\n') at = skipIndent(file, at, text, index + 1)
      continue
    }
    const next = skip(file, at, wanted)
    if (next === undefined) return undefined
    if (index === offset) return Math.min(next.at, file.length)
    at = next.after
  }
  return at
}

const skipIndent = (file: string, from: number, text: string, index: number): number => {
  const inFile = /^[ \t]*/.exec(file.slice(from, from + 1000))?.[0].length ?? 0
  const inText = /^[ \t]*/.exec(text.slice(index, index + 1000))?.[0].length ?? 0
  return from + Math.max(0, inFile - inText)
}

/** What the file has where the text has `wanted`: an escape, or a fold. */
const skip = (file: string, at: number, wanted: string): { at: number; after: number } | undefined => {
  if (file[at] === '\\') {
    const found = /^\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|\r?\n[ \t]*|[\s\S])/.exec(
      file.slice(at, at + 200),
    )
    const after = at + (found?.[0].length ?? 1)
    if (found && /^\\\r?\n/.test(found[0])) return file[after] === wanted ? { at: after, after: after + 1 } : undefined
    return { at, after }
  }
  const blank = /^[ \t]*\r?\n[ \t\r\n]*/.exec(file.slice(at, at + 1000))?.[0]
  if (blank !== undefined && /\s/.test(wanted)) return { at, after: at + blank.length }
  if (blank !== undefined && file[at + blank.length] === wanted) {
    return { at: at + blank.length, after: at + blank.length + 1 }
  }
  return undefined
}
