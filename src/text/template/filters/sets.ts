import type { Filter } from '../evaluate/world.ts'
import { itemsOf } from '../python/iterate.ts'
import type { RuntimeValue } from '../values/types.ts'
import { distinct, ValueSet } from './distinct.ts'

type SetOperation = (a: readonly RuntimeValue[], b: readonly RuntimeValue[]) => RuntimeValue[]

const setOf = (items: readonly RuntimeValue[]): ValueSet => {
  const set = new ValueSet()
  for (const item of items) set.add(item)
  return set
}

const without: SetOperation = (a, b) => {
  const other = setOf(b)
  return a.filter((item) => !other.has(item))
}

const common: SetOperation = (a, b) => {
  const other = setOf(b)
  return a.filter((item) => other.has(item))
}

const operation =
  (apply: SetOperation): Filter =>
  (value, args) =>
    distinct(apply(itemsOf(value), itemsOf(args.bind('b!')[0] as RuntimeValue)))

/** Sets made of lists; the order is that in which items first occur. */
export const setFilters: Readonly<Record<string, Filter>> = {
  union: operation((a, b) => [...a, ...b]),
  intersect: operation(common),
  difference: operation(without),
  symmetric_difference: operation((a, b) => [...without(a, b), ...without(b, a)]),
}
