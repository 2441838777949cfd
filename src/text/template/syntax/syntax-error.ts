import { LifeboatError } from '../../../base/errors.ts'
import type { Origin } from './origin.ts'

/** A template that cannot be read, with the place. */
export const syntaxError = (
  origin: Origin,
  span: { readonly start: number; readonly end: number },
  message: string,
  hints: readonly string[] = [],
): LifeboatError =>
  new LifeboatError('template/syntax', message, { where: origin.position(span.start, span.end), hints })
