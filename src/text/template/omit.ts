import { randomBytes } from 'node:crypto'
import type { PlainValue } from '../../base/value.ts'

/** What the variable `omit` holds: an argument with this value counts as not given. */
export const omitToken: string = `__omit_place_holder__${randomBytes(20).toString('hex')}`

/**
 * Takes what was omitted out of a value, all the way down.
 *
 * @returns undefined when the value itself is omitted
 */
export const removeOmitted = (value: PlainValue): PlainValue | undefined => {
  if (value === omitToken) return undefined
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      const kept = removeOmitted(item)
      return kept === undefined ? [] : [kept]
    })
  }
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      const kept = removeOmitted(item)
      return kept === undefined ? [] : [[key, kept] as const]
    }),
  )
}
