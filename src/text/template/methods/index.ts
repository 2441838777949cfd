import { isMapping } from '../values/dict.ts'
import { isNumber } from '../values/float.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { dictMethods } from './dict.ts'
import { listMethods } from './list.ts'
import { numberMethods } from './number.ts'
import { textMethods } from './text.ts'
import type { Method } from './types.ts'

const NONE: ReadonlyMap<string, Method> = new Map()

/** The method of a name that a value has, by a fixed table: what is not in it does not exist for templates. */
export const methodOf = (value: RuntimeValue, name: string): Method | undefined => tableOf(value).get(name)

export const methodNames = (value: RuntimeValue): Iterable<string> => tableOf(value).keys()

const tableOf = (value: RuntimeValue): ReadonlyMap<string, Method> => {
  if (typeof value === 'string') return textMethods
  if (Array.isArray(value) || value instanceof Tuple) return listMethods
  if (isNumber(value)) return numberMethods
  return isMapping(value) ? dictMethods : NONE
}
