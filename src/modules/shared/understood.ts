import type { z } from 'zod'
import { parseDuration } from '../../base/duration.ts'
import { LifeboatError } from '../../base/errors.ts'
import { parseSize } from '../../base/size.ts'
import { parameterTypes, text } from './params.ts'

/** A parameter that a parser must understand. It stays the text that it is; what the parser throws says what is wrong. */
export const understood = <T extends z.ZodType>(schema: T, parse: (value: z.output<T>) => unknown): T =>
  schema.superRefine((value, ctx) => {
    try {
      parse(value)
    } catch (error) {
      if (!(error instanceof LifeboatError)) throw error
      ctx.addIssue({ code: 'custom', message: error.message, params: { error } })
    }
  })

/** The parser's error behind an issue, where there is one. */
export const errorBehind = (issue: z.core.$ZodIssue): LifeboatError | undefined => {
  const error: unknown = issue.code === 'custom' ? issue.params?.error : undefined
  return error instanceof LifeboatError ? error : undefined
}

/** A duration as users write it: `90`, `90s`, `15m`, `1h30m`, `7d`. */
export const duration = understood(text, parseDuration).register(parameterTypes, { type: 'duration' })

/** A size as users write it: `512kB`, `16MB`, `1GB`. */
export const size = understood(text, parseSize).register(parameterTypes, { type: 'size' })
