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
  return first + indentation(text.slice(start, header), text.slice(first, end))
}

const indentation = (header: string, body: string): number => {
  const firstLine = /^ */.exec(body)?.[0].length ?? 0
  if (!/[1-9]/.test(header.split('#')[0] ?? '')) return firstLine
  const others = body.split('\n').filter((line) => line.trim() !== '')
  return Math.min(firstLine, ...others.map((line) => /^ */.exec(line)?.[0].length ?? 0))
}
