import { compileRegex } from '../../text/template/python/regex.ts'
import { parameterTypes, text } from './params.ts'

/** A regular expression of Python's `re`; what cannot be one is refused before the run. */
export const regex = text
  .superRefine((pattern, ctx) => {
    try {
      compileRegex(pattern)
    } catch (error) {
      ctx.addIssue(error instanceof Error ? error.message : String(error))
    }
  })
  .register(parameterTypes, { type: 'regex' })
