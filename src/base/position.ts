/** A text that came from a file or the command line, kept whole so that an error can show its line. */
export interface Source {
  /** Path as the user named it, or a name in angle brackets such as `<-e>`. */
  readonly path: string
  readonly text: string
}

/** A place in a source. Lines and columns count from 1, `length` is in characters. */
export interface Position {
  readonly source: Source
  readonly line: number
  readonly column: number
  readonly length?: number
}

/** Writes a position as `path:line:column`, the form that editors and terminals make clickable. */
export const formatPosition = (position: Position): string =>
  `${position.source.path}:${position.line}:${position.column}`

/** The position of a character offset (from 0) in a source. */
export const positionAt = (source: Source, offset: number, length?: number): Position => {
  const before = source.text.slice(0, offset)
  const line = before.split('\n').length
  const column = offset - before.lastIndexOf('\n')
  return length === undefined ? { source, line, column } : { source, line, column, length }
}
