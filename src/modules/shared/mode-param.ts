import { z } from 'zod'
import type { Position } from '../../base/position.ts'
import { parameterTypes } from './params.ts'

const SYMBOLIC = /^[ugoa]*([-+=]([ugo]|[rwxXst]*))+(,[ugoa]*([-+=]([ugo]|[rwxXst]*))+)*$/
const REQUIREMENT = 'must be a file mode such as "0640" (in quotes) or "u=rw,g=r"'

/**
 * A file mode: octal text (`"0640"`), a symbolic mode (`u+rwX,g-w`), or the number that YAML makes of an unquoted
 * `0640`. The output is four octal digits, or the symbolic text.
 */
export const mode = z
  .union([z.string(), z.number()], { error: REQUIREMENT })
  .transform((value, ctx): string => {
    if (typeof value === 'number') {
      if (Number.isInteger(value) && value >= 0 && value <= 0o7777 && isPlausible(value)) return octal(value)
    } else {
      const word = value.trim().replace(/^0o/i, '')
      if (/^[0-7]{1,5}$/.test(word) && Number.parseInt(word, 8) <= 0o7777) return octal(Number.parseInt(word, 8))
      if (SYMBOLIC.test(word)) return word
    }
    ctx.addIssue(REQUIREMENT)
    return z.NEVER
  })
  .register(parameterTypes, { type: 'mode' })

/** Like `mode`, with `preserve`: the mode of the source file. */
export const modeOrPreserve = z.union([z.literal('preserve'), mode]).register(parameterTypes, { type: 'mode' })

/**
 * Whether a mode written without quotes begins with a digit other than 0 in the user's file: YAML read it as a decimal
 * number, so `644` would have meant 01204.
 */
export const isDecimalMode = (value: number, position: Position | undefined): boolean => {
  const line = position?.source.text.split('\n')[position.line - 1]
  return line?.slice((position?.column ?? 1) - 1).match(/^[1-9]\d*/)?.[0] === String(value)
}

const octal = (bits: number): string => bits.toString(8).padStart(4, '0')

/** Nobody means a mode that gives the group more than the owner, or others more than the group. */
const isPlausible = (bits: number): boolean => {
  const [owner, group, others] = [(bits >> 6) & 7, (bits >> 3) & 7, bits & 7]
  return (group & ~owner) === 0 && (others & ~group) === 0 && (bits === 0 || (owner & 4) !== 0)
}
