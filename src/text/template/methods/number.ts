import { type Float, numberOf } from '../values/float.ts'
import type { Method } from './types.ts'

const numberOfSelf = (self: unknown): number => numberOf(self as number | bigint | Float)

/** Methods of integers and floats. */
export const numberMethods: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['is_integer', (self) => Number.isInteger(numberOfSelf(self))],
  [
    'bit_length',
    (self) =>
      BigInt(Math.trunc(numberOfSelf(self)))
        .toString(2)
        .replace('-', '')
        .replace(/^0$/, '').length,
  ],
])
