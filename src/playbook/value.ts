import { isMapping, Template, type Value } from '../base/value.ts'
import { checkTemplate } from '../text/template/index.ts'
import type { YamlNode } from '../text/yaml/node.ts'
import { toValue } from '../text/yaml/value.ts'
import type { Loading } from './loading.ts'
import type { Placed } from './types.ts'

/** The value of a node, with the syntax of every template in it checked; what is wrong is collected. */
export const readValue = (node: YamlNode, loading: Loading): Value => {
  const value = toValue(node, loading.options)
  checkTemplates(value, loading)
  return value
}

export const readPlaced = (node: YamlNode, loading: Loading): Placed<Value> => ({
  value: readValue(node, loading),
  position: node.position,
})

/** Checks the syntax of every template in a value. */
export const checkTemplates = (value: Value, loading: Loading): void => {
  if (value instanceof Template) loading.problems.attempt(() => checkTemplate(value))
  else if (Array.isArray(value)) for (const item of value) checkTemplates(item, loading)
  else if (isMapping(value)) for (const item of Object.values(value)) checkTemplates(item as Value, loading)
}
