import type { PlainValue } from '../base/value.ts'

/** Turns a result into values that templates can read: what is not defined is left out, bytes become text. */
export const toPlain = (value: unknown): PlainValue => {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  if (value instanceof Date) return value.toISOString()
  if (Buffer.isBuffer(value)) return value.toString('utf8')
  if (Array.isArray(value)) return value.map(toPlain)
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    return Object.fromEntries(entries.map(([key, item]) => [key, toPlain(item)]))
  }
  return String(value)
}

/** The same for a mapping at the top. */
export const toPlainMapping = (value: Readonly<Record<string, unknown>>): Record<string, PlainValue> =>
  toPlain(value) as Record<string, PlainValue>
