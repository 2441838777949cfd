import { reach } from '../evaluate/access.ts'
import type { Filter } from '../evaluate/world.ts'
import { order } from '../python/compare.ts'
import { itemsOf } from '../python/iterate.ts'
import { entriesOf, getKey } from '../python/mapping.ts'
import { repr, str } from '../python/text.ts'
import { kindOf } from '../python/type-name.ts'
import { Dict, isMapping } from '../values/dict.ts'
import { fail } from '../values/fail.ts'
import { Tuple } from '../values/tuple.ts'
import type { Mapping, RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import { ValueSet } from './distinct.ts'
import { flag, textOf } from './values.ts'

const wantMapping = (value: RuntimeValue, what: string): Mapping => {
  if (value instanceof Undefined) throw value.toError()
  if (!isMapping(value)) throw fail(`${what} must be a mapping, not ${kindOf(value)}`)
  return value
}

const combine: Filter = (value, args) => {
  for (const name of args.named.keys()) {
    if (name !== 'recursive' && name !== 'list_merge') {
      throw fail(`the filter "combine" has no argument "${name}"`, [], 'template/bad-arguments')
    }
  }
  const recursive = flag(args.named.get('recursive'))
  const listMerge = textOf(args.named.get('list_merge') ?? 'replace')
  if (!LIST_MERGES.has(listMerge)) {
    throw fail(`combine has no list_merge "${listMerge}"`, [`known: ${[...LIST_MERGES.keys()].join(', ')}`])
  }
  return [value, ...args.positional]
    .flatMap((item) => (Array.isArray(item) ? item : [item]))
    .map((item) => wantMapping(item, 'what combine joins'))
    .reduce<Dict>((result, next) => merge(result, next, recursive, listMerge), new Dict())
}

type ListMerge = (a: readonly RuntimeValue[], b: readonly RuntimeValue[]) => RuntimeValue[]

const notIn = (a: readonly RuntimeValue[], b: readonly RuntimeValue[]): RuntimeValue[] => {
  const set = new ValueSet()
  for (const item of b) set.add(item)
  return a.filter((item) => !set.has(item))
}

const LIST_MERGES: ReadonlyMap<string, ListMerge> = new Map<string, ListMerge>([
  ['replace', (_, b) => [...b]],
  ['keep', (a) => [...a]],
  ['append', (a, b) => [...a, ...b]],
  ['prepend', (a, b) => [...b, ...a]],
  ['append_rp', (a, b) => [...notIn(a, b), ...b]],
  ['prepend_rp', (a, b) => [...b, ...notIn(a, b)]],
])

const merge = (a: Mapping, b: Mapping, recursive: boolean, listMerge: string): Dict => {
  const result = new Dict(entriesOf(a))
  for (const [key, value] of entriesOf(b)) {
    const old = result.get(key)
    if (recursive && old !== undefined && isMapping(old) && isMapping(value)) {
      result.set(key, merge(old, value, recursive, listMerge))
    } else if (Array.isArray(old) && Array.isArray(value)) {
      result.set(key, LIST_MERGES.get(listMerge)?.(old, value) ?? value)
    } else result.set(key, value)
  }
  return result
}

const dictToItems: Filter = (value, args) => {
  const [keyName = 'key', valueName = 'value'] = args.bind('key_name', 'value_name')
  return entriesOf(wantMapping(value, 'what dict2items takes')).map(([key, item]) => {
    return new Dict([
      [keyName, key],
      [valueName, item],
    ])
  })
}

const itemsToDict: Filter = (value, args) => {
  const [keyName = 'key', valueName = 'value'] = args.bind('key_name', 'value_name')
  const part = (item: RuntimeValue, name: RuntimeValue): RuntimeValue => {
    const found = getKey(wantMapping(item, 'every item'), name)
    if (found === undefined) throw fail(`an item has no key ${repr(name)}`, ['name the keys: key_name, value_name'])
    return found
  }
  return new Dict(itemsOf(value).map((item) => [part(item, keyName), part(item, valueName)] as const))
}

const dictsort: Filter = (value, args) => {
  const [caseSensitive, by = 'key', reverse] = args.bind('case_sensitive', 'by', 'reverse')
  if (by !== 'key' && by !== 'value') throw fail(`dictsort sorts by "key" or "value", not ${repr(by)}`)
  const fold = (entry: readonly [RuntimeValue, RuntimeValue]): RuntimeValue => {
    const part = entry[by === 'key' ? 0 : 1]
    return typeof part === 'string' && !flag(caseSensitive) ? part.toLowerCase() : part
  }
  const sign = flag(reverse) ? -1 : 1
  const entries = [...entriesOf(wantMapping(value, 'what dictsort takes'))]
  return entries.sort((a, b) => sign * order(fold(a), fold(b))).map((entry) => new Tuple(entry))
}

const items: Filter = (value) =>
  value instanceof Undefined ? [] : entriesOf(wantMapping(value, 'what items takes')).map((entry) => new Tuple(entry))

/** Pairs of every item and each of its sub-elements: the filter and the lookup `subelements`. */
export const subelementsOf = (value: RuntimeValue, path: RuntimeValue, skipMissing: boolean): Tuple[] => {
  const parents = isMapping(value) ? entriesOf(value).map(([, item]) => item) : itemsOf(value)
  const keys = typeof path === 'string' ? path : itemsOf(path).map(str).join('.')
  return parents.flatMap((parent) => {
    const found = reach(parent, keys)
    if (found === undefined || found instanceof Undefined) {
      if (skipMissing) return []
      throw fail(`an item has no "${keys}"`, ['skip such items with skip_missing=True'])
    }
    if (!Array.isArray(found)) throw fail(`"${keys}" of an item must be a list, not ${kindOf(found)}`)
    return found.map((item) => new Tuple([parent, item]))
  })
}

const subelements: Filter = (value, args) => {
  const [path, skipMissing] = args.bind('subelements!', 'skip_missing')
  return subelementsOf(value, path as RuntimeValue, flag(skipMissing))
}

const rekey: Filter = (value, args) => {
  const [key, duplicates = 'error'] = args.bind('key!', 'duplicates')
  const result = new Dict()
  const parents = isMapping(value) ? entriesOf(value).map(([, item]) => item) : itemsOf(value)
  for (const item of parents) {
    const name = getKey(wantMapping(item, 'every item'), key as RuntimeValue)
    if (name === undefined) throw fail(`an item has no key ${repr(key as RuntimeValue)}`)
    if (result.has(name) && duplicates === 'error') throw fail(`two items have the key ${repr(name)}`)
    result.set(name, item)
  }
  return result
}

/** Filters that make or work on mappings. */
export const mappingFilters: Readonly<Record<string, Filter>> = {
  combine,
  dict2items: dictToItems,
  items2dict: itemsToDict,
  dictsort,
  items,
  subelements,
  rekey_on_member: rekey,
}
