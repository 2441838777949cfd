import { Template, type Value } from '../../base/value.ts'
import { LazyMapping } from './values/lazy.ts'
import { readOnly } from './values/read-only.ts'
import type { RuntimeValue } from './values/types.ts'

const templated = new WeakMap<object, boolean>()

/** Whether a value has a template anywhere in it. Looked through once a list or mapping. */
export const hasTemplateInside = (value: Value): boolean => {
  if (value === null || typeof value !== 'object') return false
  if (value instanceof Template) return true
  const known = templated.get(value)
  if (known !== undefined) return known
  const items: readonly Value[] = Array.isArray(value) ? value : Object.values(value)
  const found = items.some(hasTemplateInside)
  templated.set(value, found)
  return found
}

/** A value for the evaluator: its templates evaluated, the rest as it is. */
export const resolve = (
  value: Value | LazyMapping,
  evaluateTemplate: (template: Template) => RuntimeValue,
): RuntimeValue => {
  if (value instanceof Template) return evaluateTemplate(value)
  if (value === null || typeof value !== 'object' || value instanceof LazyMapping) return value
  return readOnly(hasTemplateInside(value) ? resolveInside(value, evaluateTemplate) : (value as RuntimeValue))
}

const resolveInside = (
  value: Exclude<Value, null | boolean | number | string>,
  evaluateTemplate: (template: Template) => RuntimeValue,
): RuntimeValue => {
  if (Array.isArray(value)) return value.map((item: Value) => resolve(item, evaluateTemplate))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, evaluateTemplate)]))
}
