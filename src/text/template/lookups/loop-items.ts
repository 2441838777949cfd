import type { Position } from '../../../base/position.ts'
import type { Value } from '../../../base/value.ts'
import { isUndefinedError } from '../evaluate/access.ts'
import { itemsIfAny } from '../python/iterate.ts'
import { kindOf } from '../python/type-name.ts'
import { hasTemplateInside, resolve } from '../resolve.ts'
import type { ScopeWorld } from '../scope-world.ts'
import { fail, placing } from '../values/fail.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { findLookup } from './index.ts'

/**
 * The items of a loop: `loop` takes a list, `with_x` what the lookup x makes of its value.
 *
 * @throws template/bad-value where `loop` is not given a list
 */
export const loopItems = (kind: string, value: Value, position: Position, world: ScopeWorld): RuntimeValue[] =>
  placing(
    () => position,
    () => {
      if (kind === 'loop') return listOf(resolve(value, (template) => world.template(template)))
      const found =
        kind === 'first_found' ? known(value, world) : resolve(value, (template) => world.template(template))
      const isList = Array.isArray(found) || found instanceof Tuple
      const terms = isList ? (itemsIfAny(found) ?? []) : [found]
      return findLookup(kind)(terms, new Map(), world)
    },
  )

const listOf = (value: RuntimeValue): RuntimeValue[] => {
  if (Array.isArray(value)) return value
  if (value instanceof Tuple) return [...value.items]
  throw fail(`a loop needs a list, not ${kindOf(value)}`, [
    'make a list of a mapping with the filter dict2items, of one value with [value], of a lookup with query',
  ])
}

/** A value without the items of its lists that are undefined: `with_first_found` passes over them. */
const known = (value: Value, world: ScopeWorld): RuntimeValue => {
  if (!hasTemplateInside(value)) return resolve(value, (template) => world.template(template))
  if (Array.isArray(value)) {
    return value.flatMap((item: Value) => {
      try {
        return [known(item, world)]
      } catch (error) {
        if (isUndefinedError(error)) return []
        throw error
      }
    })
  }
  if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, known(item, world)]))
  }
  return resolve(value, (template) => world.template(template))
}
