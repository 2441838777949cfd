import type { Test } from '../evaluate/world.ts'
import { ValueSet } from '../filters/distinct.ts'
import { flag } from '../filters/values.ts'
import { calculate } from '../python/arithmetic.ts'
import { contains, equals, order } from '../python/compare.ts'
import { itemsOf } from '../python/iterate.ts'
import { str } from '../python/text.ts'
import { isTrue } from '../python/truth.ts'
import { Float } from '../values/float.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'

const against =
  (holds: (a: RuntimeValue, b: RuntimeValue) => boolean): Test =>
  (value, args) =>
    holds(value, args.bind('other!')[0] as RuntimeValue)

const within = (value: RuntimeValue, other: RuntimeValue): boolean => {
  const set = new ValueSet()
  for (const item of itemsOf(other)) set.add(item)
  return itemsOf(value).every((item) => set.has(item))
}

const divisible = (value: RuntimeValue, by: RuntimeValue): boolean => equals(calculate('%', value, by), 0)

/** The same thing, not only an equal one: told apart by kind, and for lists and mappings by identity. */
const same = (a: RuntimeValue, b: RuntimeValue): boolean =>
  a instanceof Float && b instanceof Float ? a.value === b.value : a === b

const equal = against(equals)
const notEqual = against((a, b) => !equals(a, b))
const less = against((a, b) => order(a, b) < 0)
const lessOrEqual = against((a, b) => order(a, b) <= 0)
const greater = against((a, b) => order(a, b) > 0)
const greaterOrEqual = against((a, b) => order(a, b) >= 0)

const TRUE_WORDS = ['y', 'yes', 'on', '1', 'true', 't']
const FALSE_WORDS = ['n', 'no', 'off', '0', 'false', 'f']

const truth = (value: RuntimeValue, convert: boolean): boolean => {
  if (value instanceof Undefined) throw value.toError()
  if (convert && typeof value === 'string') {
    const word = value.toLowerCase().trim()
    if (TRUE_WORDS.includes(word)) return true
    if (FALSE_WORDS.includes(word)) return false
  }
  return isTrue(value)
}

/** Tests that compare, and those of lists as sets. */
export const compareTests: Readonly<Record<string, Test>> = {
  eq: equal,
  equalto: equal,
  '==': equal,
  ne: notEqual,
  '!=': notEqual,
  lt: less,
  lessthan: less,
  '<': less,
  le: lessOrEqual,
  '<=': lessOrEqual,
  gt: greater,
  greaterthan: greater,
  '>': greater,
  ge: greaterOrEqual,
  '>=': greaterOrEqual,
  in: against((value, other) => contains(other, value)),
  contains: against((value, other) => contains(value, other)),
  sameas: against(same),
  divisibleby: against(divisible),
  even: (value) => divisible(value, 2),
  odd: (value) => !divisible(value, 2),
  lower: (value) => str(value) === str(value).toLowerCase() && str(value) !== str(value).toUpperCase(),
  upper: (value) => str(value) === str(value).toUpperCase() && str(value) !== str(value).toLowerCase(),
  subset: against(within),
  issubset: against(within),
  superset: against((value, other) => within(other, value)),
  issuperset: against((value, other) => within(other, value)),
  all: (value) => itemsOf(value).every(isTrue),
  any: (value) => itemsOf(value).some(isTrue),
  truthy: (value, args) => truth(value, flag(args.bind('convert_bool')[0])),
  falsy: (value, args) => !truth(value, flag(args.bind('convert_bool')[0])),
}
