/**
 * Splits a command line into words as Python's `shlex` does: quotes hold words together, a backslash takes the next
 * character as it is; nothing is expanded.
 *
 * @returns undefined when a quote is not closed or a backslash ends the text
 */
export const splitWords = (line: string): string[] | undefined => {
  const words: string[] = []
  let word: string | undefined
  let quote: '"' | "'" | undefined
  for (let index = 0; index < line.length; index++) {
    const character = line[index] as string
    if (quote === "'") {
      if (character === quote) quote = undefined
      else word = (word ?? '') + character
    } else if (character === '\\' && (quote === undefined || '"\\'.includes(line[index + 1] ?? ' '))) {
      if (index + 1 >= line.length) return undefined
      word = (word ?? '') + (line[++index] as string)
    } else if (quote === '"') {
      if (character === quote) quote = undefined
      else word = (word ?? '') + character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      word = (word ?? '') + character
    }
  }
  if (quote !== undefined) return undefined
  if (word !== undefined) words.push(word)
  return words
}
