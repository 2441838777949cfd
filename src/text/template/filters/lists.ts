import { reach, step } from '../evaluate/access.ts'
import type { Filter } from '../evaluate/world.ts'
import { LONGEST } from '../python/arithmetic.ts'
import { order } from '../python/compare.ts'
import { itemsIfAny, itemsOf } from '../python/iterate.ts'
import { repr, str } from '../python/text.ts'
import { kindOf } from '../python/type-name.ts'
import { fail } from '../values/fail.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import { ValueSet } from './distinct.ts'
import { flag, optionalNumber, textOf, wantNumber } from './values.ts'

const length: Filter = (value) => {
  const items = itemsIfAny(value)
  if (items) return items.length
  if (value instanceof Undefined) throw value.toError()
  throw fail(`${kindOf(value)} has no length`)
}

const end =
  (which: 'first' | 'last'): Filter =>
  (value) => {
    const items = itemsOf(value)
    const item = which === 'first' ? items[0] : items.at(-1)
    if (item !== undefined) return item
    return new Undefined(which, () => ({ message: `an empty list has no ${which} item` }))
  }

const join: Filter = (value, args) => {
  const [separator = '', attribute = null] = args.bind('d', 'attribute')
  const items = itemsOf(value).map((item) =>
    attribute === null ? item : (reach(item, attribute) ?? missing(attribute)),
  )
  return items.map((item) => str(item)).join(textOf(separator))
}

const missing = (attribute: RuntimeValue): Undefined =>
  new Undefined(textOf(attribute), () => ({ message: `an item has no ${repr(attribute)}` }))

/** What items are sorted and grouped by: themselves or attributes (`a.b,c`), case ignored unless told. */
export const sortKey =
  (attribute: RuntimeValue, caseSensitive: boolean, otherwise?: RuntimeValue) =>
  (item: RuntimeValue): RuntimeValue => {
    const fold = (value: RuntimeValue): RuntimeValue =>
      typeof value === 'string' && !caseSensitive ? value.toLowerCase() : value
    if (attribute === null) return fold(item)
    const paths = typeof attribute === 'string' ? attribute.split(',') : [attribute]
    const values = paths.map((path) => fold(reach(item, path) ?? otherwise ?? missing(path)))
    return values.length === 1 ? (values[0] as RuntimeValue) : values
  }

const sort: Filter = (value, args) => {
  const [reverse, caseSensitive, attribute = null] = args.bind('reverse', 'case_sensitive', 'attribute')
  const key = sortKey(attribute, flag(caseSensitive))
  const sign = flag(reverse) ? -1 : 1
  const keyed = itemsOf(value).map((item) => [key(item), item] as const)
  return keyed.sort(([a], [b]) => sign * order(a, b)).map(([, item]) => item)
}

const unique: Filter = (value, args) => {
  const [caseSensitive, attribute = null] = args.bind('case_sensitive', 'attribute')
  const key = sortKey(attribute, flag(caseSensitive ?? null))
  const seen = new ValueSet()
  return itemsOf(value).filter((item) => seen.add(key(item)))
}

const reverse: Filter = (value) =>
  typeof value === 'string' ? Array.from(value).reverse().join('') : [...itemsOf(value)].reverse()

const flatten: Filter = (value, args) => {
  const [levels = null, skipNulls] = args.bind('levels', 'skip_nulls')
  return flattenItems(itemsOf(value), optionalNumber(levels, 'the levels'), flag(skipNulls, true))
}

const flattenItems = (items: readonly RuntimeValue[], levels: number | undefined, skipNulls: boolean): RuntimeValue[] =>
  items.flatMap((item) => {
    if (skipNulls && (item === null || item === 'None' || item === 'null')) return []
    const inner = Array.isArray(item) ? item : item instanceof Tuple ? item.items : undefined
    if (!inner || levels === 0) return [item]
    return flattenItems(inner, levels === undefined ? undefined : levels - 1, skipNulls)
  })

const zip: Filter = (value, args) => {
  const lists = [value, ...args.positional].map(itemsOf)
  const size = Math.min(...lists.map((list) => list.length))
  return Array.from({ length: size }, (_, index) => new Tuple(lists.map((list) => list[index] as RuntimeValue)))
}

const zipLongest: Filter = (value, args) => {
  const lists = [value, ...args.positional].map(itemsOf)
  const fill = args.named.get('fillvalue') ?? null
  const size = Math.max(...lists.map((list) => list.length))
  return Array.from({ length: size }, (_, index) => new Tuple(lists.map((list) => list[index] ?? fill)))
}

/** Every choice of one item out of each list. */
export const productOf = (lists: readonly (readonly RuntimeValue[])[]): RuntimeValue[][] => {
  if (lists.reduce((size, list) => size * list.length, 1) > LONGEST / 100) throw fail('the product has too many items')
  return lists.reduce<RuntimeValue[][]>((rows, list) => rows.flatMap((row) => list.map((item) => [...row, item])), [[]])
}

const product: Filter = (value, args) => {
  const repeat = args.named.get('repeat')
  const lists = [value, ...args.positional].map(itemsOf)
  const times = repeat === undefined ? 1 : wantNumber(repeat, 'repeat')
  return productOf(Array.from({ length: times }, () => lists).flat()).map((row) => new Tuple(row))
}

const combinations: Filter = (value, args) => {
  const size = wantNumber(args.bind('set_size!')[0], 'the size')
  const pick = (items: readonly RuntimeValue[], count: number): RuntimeValue[][] => {
    if (count === 0) return [[]]
    return items.flatMap((item, index) => pick(items.slice(index + 1), count - 1).map((rest) => [item, ...rest]))
  }
  return pick(itemsOf(value), size).map((row) => new Tuple(row))
}

const permutations: Filter = (value, args) => {
  const items = itemsOf(value)
  const [given = items.length] = args.bind('set_size')
  const pick = (rest: readonly RuntimeValue[], count: number): RuntimeValue[][] => {
    if (count === 0) return [[]]
    return rest.flatMap((item, index) =>
      pick([...rest.slice(0, index), ...rest.slice(index + 1)], count - 1).map((row) => [item, ...row]),
    )
  }
  if (items.length > 9) throw fail(`a list of ${items.length} has too many permutations`)
  return pick(items, wantNumber(given, 'the size')).map((row) => new Tuple(row))
}

const batch: Filter = (value, args) => {
  const [count, fill = null] = args.bind('linecount!', 'fill_with')
  const size = wantNumber(count, 'the size')
  const items = itemsOf(value)
  const rows: RuntimeValue[][] = []
  for (let at = 0; at < items.length; at += size) rows.push(items.slice(at, at + size))
  const last = rows.at(-1)
  if (fill !== null && last) while (last.length < size) last.push(fill)
  return rows
}

const slices: Filter = (value, args) => {
  const [count, fill = null] = args.bind('slices!', 'fill_with')
  const number = wantNumber(count, 'the number of slices')
  const items = itemsOf(value)
  const size = Math.floor(items.length / number)
  const longer = items.length % number
  return Array.from({ length: number }, (_, index) => {
    const start = index * size + Math.min(index, longer)
    const row = items.slice(start, start + size + (index < longer ? 1 : 0))
    return fill !== null && index >= longer && longer > 0 ? [...row, fill] : row
  })
}

const toList: Filter = (value) => [...itemsOf(value)]

const extract: Filter = (value, args) => {
  const [container, more = null] = args.bind('container!', 'morekeys')
  const keys = more === null ? [] : Array.isArray(more) ? more : [more]
  let current = container as RuntimeValue
  for (const key of [value, ...keys]) {
    const next = step(current, key)
    if (next === undefined) return missing(key)
    current = next
  }
  return current
}

/** Filters that make or work on lists. */
export const listFilters: Readonly<Record<string, Filter>> = {
  length,
  count: length,
  first: end('first'),
  last: end('last'),
  list: toList,
  join,
  sort,
  unique,
  reverse,
  flatten,
  zip,
  zip_longest: zipLongest,
  product,
  combinations,
  permutations,
  batch,
  slice: slices,
  extract,
}
