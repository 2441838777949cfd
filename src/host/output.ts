/** What a script wrote to one of its streams, byte for byte. Much of it is not held in memory until it is asked for. */
export interface Output {
  /** Bytes. */
  readonly size: number
  /**
   * A part of it; all where nothing is said.
   *
   * @param end behind the last byte
   */
  bytes(start?: number, end?: number): Buffer
}

/** An output without its beginning. */
export const behind = (output: Output, offset: number): Output => ({
  size: output.size - offset,
  bytes: (start = 0, end = output.size - offset) => output.bytes(offset + start, offset + end),
})

export interface Excerpt {
  /** UTF-8; what is none is replaced by U+FFFD. */
  readonly text: string
  /** Bytes in the middle that the text does not have. */
  readonly leftOut: number
}

/** How far a cut may move to fall between two lines. */
const LINE = 64 * 1024

/**
 * The text of an output, whole up to a number of bytes; of a larger one half of that from its beginning and half from its
 * end, cut between lines where they are not too long, with a line in between that says so.
 */
export const excerpt = (output: Output, most: number): Excerpt => {
  if (output.size <= most) return { text: output.bytes().toString(), leftOut: 0 }
  const half = Math.floor(most / 2)
  const head = cutEnd(output.bytes(0, half))
  const tail = cutBeginning(output.bytes(output.size - half))
  const leftOut = output.size - head.length - tail.length
  const newline = head.at(-1) === 0x0a ? '' : '\n'
  return { text: `${head}${newline}[… ${leftOut} bytes left out …]\n${tail}`, leftOut }
}

const cutEnd = (bytes: Buffer): Buffer => {
  const newline = bytes.lastIndexOf(0x0a)
  if (newline >= bytes.length - LINE) return bytes.subarray(0, newline + 1)
  // Not within a character.
  let lead = bytes.length - 1
  while (lead > bytes.length - 4 && ((bytes[lead] ?? 0) & 0xc0) === 0x80) lead--
  const first = bytes[lead] ?? 0
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1
  return lead + length > bytes.length ? bytes.subarray(0, lead) : bytes
}

const cutBeginning = (bytes: Buffer): Buffer => {
  const newline = bytes.indexOf(0x0a)
  if (newline !== -1 && newline < LINE) return bytes.subarray(newline + 1)
  let start = 0
  while (start < 4 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++
  return bytes.subarray(start === 4 ? 0 : start)
}
