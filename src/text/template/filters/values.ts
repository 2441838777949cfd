import { str } from '../python/text.ts'
import { isTrue } from '../python/truth.ts'
import { kindOf } from '../python/type-name.ts'
import { fail } from '../values/fail.ts'
import { type Float, isNumber, numberOf } from '../values/float.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'

/** An argument as a text: numbers and booleans are written out, what is undefined is an error. */
export const textOf = (value: RuntimeValue | undefined): string => str(value ?? null)

/** An argument that must be a text already. */
export const wantText = (value: RuntimeValue | undefined, what: string): string => {
  if (value instanceof Undefined) throw value.toError()
  if (typeof value === 'string') return value
  if (isNumber(value) || typeof value === 'boolean') return str(value)
  throw fail(`${what} must be a text, not ${kindOf(value ?? null)}`)
}

/** An argument that must be a number, or a text of one. */
export const wantNumber = (value: RuntimeValue | undefined, what: string): number => {
  if (value instanceof Undefined) throw value.toError()
  if (isNumber(value) || typeof value === 'boolean') return numberOf(value as number | bigint | boolean | Float)
  if (typeof value === 'string' && /^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/.test(value)) return Number(value)
  throw fail(`${what} must be a number, not ${kindOf(value ?? null)}`)
}

export const optionalNumber = (value: RuntimeValue | undefined, what: string): number | undefined =>
  value === undefined || value === null ? undefined : wantNumber(value, what)

/** An argument as a switch. */
export const flag = (value: RuntimeValue | undefined, otherwise = false): boolean =>
  value === undefined ? otherwise : isTrue(value)
