import { isCallable } from '../evaluate/call.ts'
import type { Test } from '../evaluate/world.ts'
import { isMapping } from '../values/dict.ts'
import { isFloat, isInteger, isNumber, numberOf } from '../values/float.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'

const isSequence = (value: RuntimeValue): boolean =>
  typeof value === 'string' || Array.isArray(value) || value instanceof Tuple || isMapping(value)

const of =
  (holds: (value: RuntimeValue) => boolean): Test =>
  (value, args) => {
    args.bind()
    return holds(value)
  }

/** Tests of what kind a value is. Only here may a value be undefined. */
export const typeTests: Readonly<Record<string, Test>> = {
  defined: of((value) => !(value instanceof Undefined)),
  undefined: of((value) => value instanceof Undefined),
  none: of((value) => value === null),
  string: of((value) => typeof value === 'string'),
  number: of((value) => isNumber(value) || typeof value === 'boolean'),
  integer: of(isInteger),
  float: of(isFloat),
  boolean: of((value) => typeof value === 'boolean'),
  true: of((value) => value === true),
  false: of((value) => value === false),
  mapping: of(isMapping),
  sequence: of(isSequence),
  iterable: of(isSequence),
  callable: of((value) => isCallable(value)),
  nan: of((value) => isNumber(value) && Number.isNaN(numberOf(value))),
  isnan: of((value) => isNumber(value) && Number.isNaN(numberOf(value))),
}
