import type { Scalar } from 'yaml'

/** Whether a scalar was written without quotes and not as a block. */
export const isPlain = (node: Scalar.Parsed): boolean => node.type === undefined || node.type === 'PLAIN'

/** The offset at which the text of a scalar begins: behind the quote, or at the first line of a block. */
export const textOffset = (node: Scalar.Parsed, text: string): number => {
  const [start, end] = node.range
  if (isPlain(node)) return start
  if (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE') return start + 1
  const header = text.indexOf('\n', start)
  if (header < 0 || header + 1 >= end) return start
  const first = header + 1
  if (/^[ ]*\r?\n/.test(text.slice(first, end))) return first
  return first + indentOf(text.slice(first, end)) - indentOf(String(node.value))
}

const indentOf = (text: string): number => /^ */.exec(text)?.[0].length ?? 0
