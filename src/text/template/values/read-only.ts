import type { RuntimeValue } from './types.ts'

const marked = new WeakSet<object>()

/**
 * Marks lists that came from variables, all the way down: `append` and its like work on a copy of them, so that a
 * template cannot change what other tasks see.
 */
export const readOnly = <T extends RuntimeValue>(value: T): T => {
  if (Array.isArray(value)) {
    if (!marked.has(value)) {
      marked.add(value)
      value.forEach(readOnly)
    }
  } else if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    if (!marked.has(value)) {
      marked.add(value)
      Object.values(value).forEach(readOnly)
    }
  }
  return value
}

export const isReadOnly = (list: readonly RuntimeValue[]): boolean => marked.has(list)
