import { randomInt } from 'node:crypto'
import { productOf } from '../filters/lists.ts'
import { subelementsOf } from '../filters/mappings.ts'
import { itemsOf } from '../python/iterate.ts'
import { entriesOf, getKey } from '../python/mapping.ts'
import { str } from '../python/text.ts'
import { isTrue } from '../python/truth.ts'
import { kindOf } from '../python/type-name.ts'
import { Dict, isMapping } from '../values/dict.ts'
import { fail } from '../values/fail.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import type { Lookup } from './types.ts'

/** A list as its items; anything else as the one item it is. */
const asItems = (value: RuntimeValue): readonly RuntimeValue[] =>
  Array.isArray(value) ? value : value instanceof Tuple ? value.items : [value]

const flatten = (value: RuntimeValue): RuntimeValue[] =>
  Array.isArray(value) || value instanceof Tuple
    ? asItems(value).flatMap(flatten)
    : value === null || value === 'None' || value === 'null'
      ? []
      : [value]

const dict: Lookup = (terms) =>
  terms.flatMap((term) => {
    if (!isMapping(term)) throw fail(`the lookup "dict" needs a mapping, not ${kindOf(term)}`)
    return entriesOf(term).map(
      ([key, value]) =>
        new Dict([
          ['key', key],
          ['value', value],
        ]),
    )
  })

const nested: Lookup = (terms) => {
  if (terms.length === 0) throw fail('the lookup "nested" needs at least one list')
  return productOf(terms.map(asItems)).map((row) => row.flatMap((item) => [...asItems(item)]))
}

const together: Lookup = (terms) => {
  const lists = terms.map((term) => itemsOf(term))
  const size = Math.max(0, ...lists.map((list) => list.length))
  return Array.from({ length: size }, (_, index) => lists.map((list) => list[index] ?? null))
}

/** The item without its sub-elements, as the lookup (not the filter) gives it. */
const without = (value: RuntimeValue, [key, ...rest]: readonly string[]): RuntimeValue => {
  if (!isMapping(value) || key === undefined) return value
  return new Dict(
    entriesOf(value).flatMap(([name, item]) => {
      if (name !== key) return [[name, item] as const]
      return rest.length === 0 ? [] : [[name, without(item, rest)] as const]
    }),
  )
}

const subelements: Lookup = (terms) => {
  const [list, path, flags = null] = terms
  if (list === undefined || path === undefined) {
    throw fail('the lookup "subelements" needs a list and the name of the sub-elements')
  }
  const skip = isMapping(flags) ? (getKey(flags, 'skip_missing') ?? false) : false
  const keys = typeof path === 'string' ? path.split('.') : itemsOf(path).map(str)
  return subelementsOf(list, path, isTrue(skip)).map(({ items: [parent, item] }) => [
    without(parent as RuntimeValue, keys),
    item as RuntimeValue,
  ])
}

/** Lookups that only arrange what they are given. */
export const listLookups: Readonly<Record<string, Lookup>> = {
  items: (terms) => terms.flatMap((term) => [...asItems(term)]),
  list: (terms) => [...terms],
  flattened: (terms) => terms.flatMap(flatten),
  indexed_items: (terms) => terms.flatMap((term) => [...asItems(term)]).map((item, index) => [index, item]),
  dict,
  nested,
  together,
  subelements,
  random_choice: (terms) => (terms.length === 0 ? [] : [terms[randomInt(terms.length)] as RuntimeValue]),
}
