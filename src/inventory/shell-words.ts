/** A word of a line, and where it begins in it (from 0). */
export interface ShellWord {
  readonly text: string
  readonly offset: number
}

/**
 * Splits a line into words as a POSIX shell and Python's shlex do: quotes and backslashes are taken away, `#` begins
 * a comment also in the middle of a word.
 *
 * @returns undefined when a quote is not closed
 */
export const splitShellWords = (line: string): ShellWord[] | undefined => {
  const words: ShellWord[] = []
  let at = 0
  while (at < line.length) {
    if (/\s/.test(line.charAt(at))) {
      at++
      continue
    }
    if (line[at] === '#') break
    const offset = at
    let text = ''
    while (at < line.length && !/[\s#]/.test(line.charAt(at))) {
      const piece = readPiece(line, at)
      if (piece === undefined) return undefined
      text += piece.text
      at = piece.end
    }
    words.push({ text, offset })
    if (line[at] === '#') break
  }
  return words
}

const readPiece = (line: string, at: number): { text: string; end: number } | undefined => {
  const first = line.charAt(at)
  if (first === '\\') return at + 1 < line.length ? { text: line.charAt(at + 1), end: at + 2 } : undefined
  if (first !== '"' && first !== "'") return { text: first, end: at + 1 }
  let text = ''
  for (let i = at + 1; i < line.length; i++) {
    const character = line.charAt(i)
    if (character === first) return { text, end: i + 1 }
    if (first === '"' && character === '\\' && /["\\]/.test(line.charAt(i + 1))) i++
    text += line.charAt(i)
  }
  return undefined
}
