import { equals, order } from '../python/compare.ts'
import { itemsOf } from '../python/iterate.ts'
import { repr } from '../python/text.ts'
import { isTrue } from '../python/truth.ts'
import { fail } from '../values/fail.ts'
import { isReadOnly } from '../values/read-only.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import type { Method } from './types.ts'

const itemsOfSelf = (self: RuntimeValue): readonly RuntimeValue[] =>
  self instanceof Tuple ? self.items : itemsOf(self)

/** The list to change: a list out of a variable is not touched, its copy is. */
const writable = (self: RuntimeValue): RuntimeValue[] => {
  if (!Array.isArray(self)) throw fail('a tuple cannot be changed')
  return isReadOnly(self) ? [...self] : self
}

const find = (items: readonly RuntimeValue[], value: RuntimeValue): number => {
  const index = items.findIndex((item) => equals(item, value))
  if (index < 0) throw fail(`${repr(value)} is not in the list`)
  return index
}

/** Methods of lists and tuples. */
export const listMethods: ReadonlyMap<string, Method> = new Map<string, Method>([
  [
    'append',
    (self, args) => {
      const [value] = args.bind('value!')
      writable(self).push(value as RuntimeValue)
      return null
    },
  ],
  [
    'extend',
    (self, args) => {
      const [values] = args.bind('values!')
      writable(self).push(...itemsOf(values as RuntimeValue))
      return null
    },
  ],
  [
    'insert',
    (self, args) => {
      const [index, value] = args.bind('index!', 'value!')
      writable(self).splice(Number(index), 0, value as RuntimeValue)
      return null
    },
  ],
  [
    'pop',
    (self, args) => {
      const [index = -1] = args.bind('index')
      const list = writable(self)
      const [item] = list.splice(Number(index), 1)
      if (item === undefined)
        throw fail(list.length === 0 ? 'the list is empty' : `the list has no item ${repr(index)}`)
      return item
    },
  ],
  [
    'remove',
    (self, args) => {
      const [value] = args.bind('value!')
      const list = writable(self)
      list.splice(find(list, value as RuntimeValue), 1)
      return null
    },
  ],
  [
    'clear',
    (self) => {
      writable(self).length = 0
      return null
    },
  ],
  [
    'reverse',
    (self) => {
      writable(self).reverse()
      return null
    },
  ],
  [
    'sort',
    (self, args) => {
      const [, reverse = false] = args.bind('key', 'reverse')
      const sign = isTrue(reverse) ? -1 : 1
      writable(self).sort((a, b) => sign * order(a, b))
      return null
    },
  ],
  ['copy', (self) => [...itemsOfSelf(self)]],
  ['index', (self, args) => find(itemsOfSelf(self), args.bind('value!', 'start', 'end')[0] as RuntimeValue)],
  [
    'count',
    (self, args) => {
      const [value] = args.bind('value!')
      return itemsOfSelf(self).filter((item) => equals(item, value as RuntimeValue)).length
    },
  ],
])
