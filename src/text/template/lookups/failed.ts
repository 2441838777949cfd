import { fail } from '../values/fail.ts'

/** The error of a lookup that has no answer: the one that `errors='ignore'` covers. */
export const lookupFailed = (message: string, hints: readonly string[] = []) =>
  fail(message, hints, 'template/lookup-failed')
