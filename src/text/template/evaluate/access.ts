import { LifeboatError } from '../../../base/errors.ts'
import { didYouMean } from '../../../base/nearest.ts'
import { getKey, keysOf } from '../python/mapping.ts'
import { repr } from '../python/text.ts'
import { kindOf } from '../python/type-name.ts'
import type { Expression, ExpressionOf } from '../syntax/ast.ts'
import { isMapping } from '../values/dict.ts'
import { fail } from '../values/fail.ts'
import { isInteger } from '../values/float.ts'
import { Instance } from '../values/instance.ts'
import { LazyMapping } from '../values/lazy.ts'
import { Tuple } from '../values/tuple.ts'
import type { Mapping, RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import type { Evaluation } from './evaluation.ts'

type AccessNode = Expression & { readonly object: Expression }

/** `object.name`: an attribute of a thing of ours, or an own key of a mapping; of anything undefined, undefined. */
export const attributeOf = (object: RuntimeValue, node: ExpressionOf<'attribute'>, on: Evaluation): RuntimeValue => {
  if (object instanceof Undefined) return deeperUndefined(object, node, on)
  if (object instanceof Instance) return object.attribute(node.name) ?? noAttribute(object, node.name, node, on)
  if (isMapping(object)) return keyOf(object, node.name, node, on)
  return noAttribute(object, node.name, node, on)
}

/** `object[key]`: an own key of a mapping, an item of a list, a character of a text. */
export const itemOf = (
  object: RuntimeValue,
  key: RuntimeValue,
  node: ExpressionOf<'item'>,
  on: Evaluation,
): RuntimeValue => {
  if (object instanceof Undefined) return deeperUndefined(object, node, on)
  if (key instanceof Undefined) throw key.toError()
  if (isMapping(object)) return keyOf(object, key, node, on)
  if (object instanceof Instance && typeof key === 'string') {
    return object.attribute(key) ?? noAttribute(object, key, node, on)
  }
  const items = Array.isArray(object) ? object : object instanceof Tuple ? object.items : undefined
  if (items === undefined && typeof object !== 'string') return noAttribute(object, key, node, on)
  const index = indexOf(key)
  if (index === undefined) return noAttribute(object, key, node, on)
  const list = items ?? Array.from(object as string)
  const item = list[index < 0 ? list.length + index : index]
  return item === undefined ? noIndex(list.length, index, node, on) : item
}

/** What a path such as `a.b.0` reaches from a value, as `map(attribute=…)` and `sort(attribute=…)` take it. */
export const reach = (value: RuntimeValue, path: RuntimeValue): RuntimeValue | undefined => {
  if (typeof path !== 'string') return step(value, path)
  let current: RuntimeValue | undefined = value
  for (const part of path.split('.')) {
    if (current === undefined || current instanceof Undefined) return undefined
    current = step(current, /^\d+$/.test(part) && !isMapping(current) ? Number(part) : part)
  }
  return current
}

/** One key, attribute or index of a value; undefined when there is none. */
export const step = (value: RuntimeValue, key: RuntimeValue): RuntimeValue | undefined => {
  if (isMapping(value)) return getKey(value, key)
  if (value instanceof Instance) return typeof key === 'string' ? value.attribute(key) : undefined
  const items = Array.isArray(value) ? value : value instanceof Tuple ? value.items : undefined
  const index = indexOf(key)
  if (index === undefined) return undefined
  if (items) return items[index < 0 ? items.length + index : index]
  return typeof value === 'string' ? Array.from(value).at(index) : undefined
}

const indexOf = (key: RuntimeValue): number | undefined => {
  if (typeof key === 'boolean') return Number(key)
  return isInteger(key) ? Number(key) : undefined
}

const keyOf = (mapping: Mapping, key: RuntimeValue, node: AccessNode, on: Evaluation): RuntimeValue => {
  let value: RuntimeValue | undefined
  try {
    value = getKey(mapping, key)
  } catch (error) {
    if (!(mapping instanceof LazyMapping) || !isUndefinedError(error)) throw error
    return new Undefined(on.textOf(node), () => ({
      message: error.message,
      position: on.positionOf(node),
      hints: error.hints,
      cause: error,
    }))
  }
  if (value !== undefined) return value
  return new Undefined(on.textOf(node), () => ({
    message: `${subject(node.object, on)} has no key ${repr(key)}`,
    position: on.positionOf(node),
    hints: didYouMean(
      String(key),
      keysOf(mapping).filter((name) => typeof name === 'string'),
    ),
  }))
}

export const isUndefinedError = (error: unknown): error is LifeboatError =>
  error instanceof LifeboatError && error.code === 'template/undefined-variable'

const noAttribute = (object: RuntimeValue, name: RuntimeValue, node: AccessNode, on: Evaluation): Undefined =>
  new Undefined(on.textOf(node), () => ({
    message: `${subject(node.object, on)} is ${kindOf(object)} and has no ${repr(name)}`,
    position: on.positionOf(node),
  }))

const noIndex = (length: number, index: number, node: AccessNode, on: Evaluation): Undefined =>
  new Undefined(on.textOf(node), () => ({
    message: `${subject(node.object, on)} has ${length === 1 ? '1 item' : `${length} items`} and none at ${index}`,
    position: on.positionOf(node),
  }))

const deeperUndefined = (object: Undefined, node: AccessNode, on: Evaluation): Undefined =>
  new Undefined(on.textOf(node), () => object.describe())

/** The written object, shortened where it is long. */
const subject = (node: Expression, on: Evaluation): string => {
  const text = on.textOf(node).replaceAll(/\s+/g, ' ')
  return `"${text.length > 60 ? `${text.slice(0, 57)}...` : text}"`
}

/** An item or key for `str.format`: what does not exist is an error. */
export const accessForFormat = (value: RuntimeValue, name: string, kind: 'attribute' | 'item'): RuntimeValue => {
  const found =
    kind === 'attribute' && isMapping(value) ? undefined : step(value, /^\d+$/.test(name) ? Number(name) : name)
  if (found === undefined) throw fail(`${kindOf(value)} has no "${name}"`)
  return found
}
