import { itemsOf } from '../python/iterate.ts'
import { entriesOf, getKey, keysOf, valuesOf } from '../python/mapping.ts'
import { repr } from '../python/text.ts'
import type { Arguments } from '../values/arguments.ts'
import { Dict, isMapping } from '../values/dict.ts'
import { fail } from '../values/fail.ts'
import { Tuple } from '../values/tuple.ts'
import type { Mapping, RuntimeValue } from '../values/types.ts'
import type { Method } from './types.ts'

/** The mapping to change: one out of a variable is not touched, its copy is. */
const writable = (self: RuntimeValue): Dict => (self instanceof Dict ? self : new Dict(entriesOf(self as Mapping)))

/** Pairs of a mapping or of a list of pairs, and the named arguments: what `dict()` and `update()` take. */
export const pairsOf = (args: Arguments): (readonly [RuntimeValue, RuntimeValue])[] => {
  const [first] = args.positional
  const pairs = first === undefined ? [] : isMapping(first) ? entriesOf(first) : itemsOf(first).map(pair)
  return [...pairs, ...args.named]
}

const pair = (value: RuntimeValue): readonly [RuntimeValue, RuntimeValue] => {
  const items = itemsOf(value)
  if (items.length !== 2) throw fail(`a pair of key and value has 2 items, not ${items.length}`)
  return [items[0] as RuntimeValue, items[1] as RuntimeValue]
}

/** Methods of mappings. `items`, `keys` and `values` give lists. */
export const dictMethods: ReadonlyMap<string, Method> = new Map<string, Method>([
  [
    'get',
    (self, args) => {
      const [key, fallback = null] = args.bind('key!', 'default')
      const value = getKey(self as Mapping, key as RuntimeValue)
      return value === undefined ? fallback : value
    },
  ],
  ['keys', (self) => keysOf(self as Mapping)],
  ['values', (self) => valuesOf(self as Mapping)],
  ['items', (self) => entriesOf(self as Mapping).map((entry) => new Tuple(entry))],
  ['copy', (self) => new Dict(entriesOf(self as Mapping))],
  [
    'update',
    (self, args) => {
      const mapping = writable(self)
      for (const [key, value] of pairsOf(args)) mapping.set(key, value)
      return null
    },
  ],
  [
    'setdefault',
    (self, args) => {
      const [key, fallback = null] = args.bind('key!', 'default')
      const mapping = writable(self)
      if (!mapping.has(key as RuntimeValue)) mapping.set(key as RuntimeValue, fallback)
      return mapping.get(key as RuntimeValue) as RuntimeValue
    },
  ],
  [
    'pop',
    (self, args) => {
      const [key, fallback] = args.bind('key!', 'default')
      const mapping = writable(self)
      const value = mapping.get(key as RuntimeValue)
      if (value === undefined && fallback === undefined)
        throw fail(`the mapping has no key ${repr(key as RuntimeValue)}`)
      mapping.delete(key as RuntimeValue)
      return value === undefined ? (fallback as RuntimeValue) : value
    },
  ],
  [
    'clear',
    (self) => {
      const mapping = writable(self)
      for (const key of keysOf(mapping)) mapping.delete(key)
      return null
    },
  ],
  ['fromkeys', (_, args) => fromKeys(args)],
])

const fromKeys = (args: Arguments): Dict => {
  const [keys, value = null] = args.bind('keys!', 'value')
  return new Dict(itemsOf(keys as RuntimeValue).map((key) => [key, value] as const))
}
