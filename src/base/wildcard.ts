/** Whether a text is like a pattern: `*` is any text, `?` any character, and every other character itself. */
export const matchesWildcard = (pattern: string, text: string): boolean => {
  const expression = pattern
    .replaceAll(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${expression}$`).test(text)
}
