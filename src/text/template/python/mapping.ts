import { Dict, ownValue } from '../values/dict.ts'
import { LazyMapping } from '../values/lazy.ts'
import { readOnly } from '../values/read-only.ts'
import type { Mapping, RuntimeValue } from '../values/types.ts'

/** The value of a key, undefined when the mapping has none. Keys of a variable's mapping are texts: 15 finds "15". */
export const getKey = (mapping: Mapping, key: RuntimeValue): RuntimeValue | undefined => {
  if (mapping instanceof Dict) return mapping.get(key)
  const name = keyText(key)
  if (name === undefined) return undefined
  if (mapping instanceof LazyMapping) {
    const value = mapping.get(name)
    return value === undefined ? undefined : readOnly(value as RuntimeValue)
  }
  return ownValue(mapping, name)
}

export const hasKey = (mapping: Mapping, key: RuntimeValue): boolean => {
  if (mapping instanceof Dict) return mapping.has(key)
  const name = keyText(key)
  if (name === undefined) return false
  return mapping instanceof LazyMapping ? mapping.has(name) : Object.hasOwn(mapping, name)
}

export const keysOf = (mapping: Mapping): RuntimeValue[] => {
  if (mapping instanceof Dict) return Array.from(mapping.entries(), ([key]) => key)
  return mapping instanceof LazyMapping ? Array.from(mapping.keys()) : Object.keys(mapping)
}

export const entriesOf = (mapping: Mapping): (readonly [RuntimeValue, RuntimeValue])[] => {
  if (mapping instanceof Dict) return Array.from(mapping.entries())
  return keysOf(mapping).map((key) => [key, getKey(mapping, key) as RuntimeValue])
}

export const valuesOf = (mapping: Mapping): RuntimeValue[] => entriesOf(mapping).map(([, value]) => value)

export const sizeOf = (mapping: Mapping): number => (mapping instanceof Dict ? mapping.size : keysOf(mapping).length)

const keyText = (key: RuntimeValue): string | undefined => {
  if (typeof key === 'string') return key
  return typeof key === 'number' || typeof key === 'bigint' ? String(key) : undefined
}
