import type { Arguments } from '../values/arguments.ts'
import type { RuntimeValue } from '../values/types.ts'

/** A Python method: of a text, a list, a mapping or a number. */
export type Method = (self: RuntimeValue, args: Arguments) => RuntimeValue
