/**
 * Splits text into words as a POSIX shell does: quotes and backslashes keep what they hold together and are taken away.
 *
 * @returns undefined where a quote is not closed
 */
export const splitWords = (text: string): string[] | undefined => {
  const words: string[] = []
  const piece = /\s+|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)/gsy
  let word: string | undefined
  let end = 0
  for (const [whole, single, double, escaped, plain] of text.matchAll(piece)) {
    end += whole.length
    if (/^\s/.test(whole)) {
      if (word !== undefined) words.push(word)
      word = undefined
      continue
    }
    word = (word ?? '') + (single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? '')
  }
  if (end < text.length) return undefined
  if (word !== undefined) words.push(word)
  return words
}
