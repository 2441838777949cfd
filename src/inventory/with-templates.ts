import type { Position } from '../base/position.ts'
import { hasTemplate, isMapping, type PlainValue, Template, type Value } from '../base/value.ts'

/** Makes templates of the texts in a value that have template syntax, all with the one place they came from. */
export const withTemplates = (value: PlainValue, where: Position): Value => {
  if (typeof value === 'string') return hasTemplate(value) ? new Template(value, where) : value
  if (Array.isArray(value)) return value.map((item) => withTemplates(item, where))
  if (!isMapping(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withTemplates(item as PlainValue, where)]))
}
