/** Python's str.strip and its one-sided kin; white space unless characters are given. */
export const stripText = (text: string, side: 'left' | 'right' | 'both', characters?: string): string => {
  if (characters === undefined) {
    return side === 'both' ? text.trim() : side === 'left' ? text.trimStart() : text.trimEnd()
  }
  const set = new Set(characters)
  const letters = Array.from(text)
  let start = 0
  let end = letters.length
  if (side !== 'right') while (start < end && set.has(letters[start] as string)) start++
  if (side !== 'left') while (end > start && set.has(letters[end - 1] as string)) end--
  return letters.slice(start, end).join('')
}

/** Python's str.split: by a separator, or by runs of white space; a limit below 0 is none. */
export const splitText = (text: string, separator?: string, limit = -1, fromRight = false): string[] => {
  if (separator === undefined) return splitBlank(text, limit, fromRight)
  const parts = text.split(separator)
  if (limit < 0 || parts.length - 1 <= limit) return parts
  if (fromRight) {
    const cut = parts.length - limit
    return [parts.slice(0, cut).join(separator), ...parts.slice(cut)]
  }
  return [...parts.slice(0, limit), parts.slice(limit).join(separator)]
}

const splitBlank = (text: string, limit: number, fromRight: boolean): string[] => {
  const words = text.trim() === '' ? [] : text.trim().split(/\s+/u)
  if (limit < 0 || words.length - 1 <= limit) return words
  if (fromRight) {
    const tail = limit === 0 ? [] : words.slice(-limit)
    const pattern = new RegExp(`(?:\\s+\\S+){${limit}}\\s*$`, 'u')
    return [text.replace(pattern, '').trimEnd(), ...tail]
  }
  const pattern = new RegExp(`^\\s*(?:\\S+\\s+){${limit}}`, 'u')
  return [...words.slice(0, limit), text.replace(pattern, '')]
}

/** Python's str.splitlines: a newline at the end begins no further line. */
export const splitLines = (text: string, keepEnds = false): string[] => {
  const lines = text.match(/[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]|$)/g) ?? []
  if (lines.at(-1) === '') lines.pop()
  return keepEnds ? lines : lines.map((line) => line.replace(/(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])$/, ''))
}

export const capitalizeText = (text: string): string => {
  const [first = '', ...rest] = Array.from(text)
  return first.toUpperCase() + rest.join('').toLowerCase()
}

/** Python's str.title: every run of letters begins with a capital. */
export const titleText = (text: string): string => text.replace(/\p{L}+/gu, capitalizeText)

export const swapCase = (text: string): string =>
  Array.from(text, (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase())).join('')
