import { reach } from '../evaluate/access.ts'
import type { Filter, World } from '../evaluate/world.ts'
import { equals, order } from '../python/compare.ts'
import { itemsOf } from '../python/iterate.ts'
import { repr } from '../python/text.ts'
import { isTrue } from '../python/truth.ts'
import type { Arguments } from '../values/arguments.ts'
import { fail } from '../values/fail.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import { sortKey } from './lists.ts'
import { flag, textOf } from './values.ts'

const map: Filter = (value, args, world) => {
  const items = itemsOf(value)
  const attribute = args.named.get('attribute')
  if (args.positional.length === 0 && attribute !== undefined) {
    const otherwise = args.named.get('default')
    return items.map((item) => reach(item, attribute) ?? otherwise ?? missing(attribute))
  }
  const [name] = args.positional
  if (name === undefined) {
    throw fail(
      'map needs a filter or an attribute',
      ["map('basename') or map(attribute='name')"],
      'template/bad-arguments',
    )
  }
  const rest = args.rest(`the filter "${textOf(name)}"`, 1)
  return items.map((item) => world.filter(textOf(name), item, rest))
}

const missing = (attribute: RuntimeValue): Undefined =>
  new Undefined(textOf(attribute), () => ({ message: `an item has no ${repr(attribute)}` }))

const select =
  (wanted: boolean): Filter =>
  (value, args, world) => {
    const passes = testOf(args, 0, world)
    return itemsOf(value).filter((item) => passes(item) === wanted)
  }

const selectAttribute =
  (wanted: boolean): Filter =>
  (value, args, world) => {
    const [attribute] = args.positional
    if (attribute === undefined) {
      throw fail(`${args.owner} needs an attribute`, ["selectattr('name', 'equalto', 'x')"], 'template/bad-arguments')
    }
    const passes = testOf(args, 1, world)
    return itemsOf(value).filter((item) => passes(reach(item, attribute) ?? missing(attribute)) === wanted)
  }

/** The test that the arguments name; truth when they name none. */
const testOf = (args: Arguments, from: number, world: World): ((value: RuntimeValue) => boolean) => {
  const name = args.positional[from]
  if (name === undefined) return isTrue
  const rest = args.rest(`the test "${textOf(name)}"`, from + 1)
  return (value) => world.test(textOf(name), value, rest)
}

const groupby: Filter = (value, args) => {
  const [attribute, otherwise, caseSensitive] = args.bind('attribute!', 'default', 'case_sensitive')
  const key = sortKey(attribute as RuntimeValue, flag(caseSensitive), otherwise)
  const shown = sortKey(attribute as RuntimeValue, true, otherwise)
  const keyed = itemsOf(value).map((item) => [key(item), item] as const)
  keyed.sort(([a], [b]) => order(a, b))
  const groups: { key: RuntimeValue; items: RuntimeValue[] }[] = []
  for (const [one, item] of keyed) {
    const last = groups.at(-1)
    if (last && equals(last.key, one)) last.items.push(item)
    else groups.push({ key: one, items: [item] })
  }
  return groups.map(({ items }) => new Group(shown(items[0] as RuntimeValue), items))
}

/** A group that `groupby` makes: a pair, whose parts also have the names `grouper` and `list`. */
class Group extends Tuple {
  constructor(grouper: RuntimeValue, list: RuntimeValue[]) {
    super([grouper, list])
  }
}

/** Filters that pick items or apply other filters and tests to each. */
export const selectFilters: Readonly<Record<string, Filter>> = {
  map,
  select: select(true),
  reject: select(false),
  selectattr: selectAttribute(true),
  rejectattr: selectAttribute(false),
  groupby,
}
