import type { Value } from '../../base/value.ts'
import type { Lazy, LazyMapping } from './values/lazy.ts'

/** What a scope has for a name: a value with its templates, one computed at first use, or a lazy mapping. */
export type ScopeValue = Value | Lazy | LazyMapping

/** Where a template's names come from. Templates in its values are evaluated when the name is used, and only then. */
export interface Scope {
  get(name: string): ScopeValue | undefined
  has(name: string): boolean
  names(): Iterable<string>
}

/** A scope over plain variables; of several, the first that has a name wins. */
export const scopeOf = (...layers: readonly Readonly<Record<string, ScopeValue>>[]): Scope => {
  const layerOf = (name: string) => layers.find((layer) => Object.hasOwn(layer, name))
  return {
    get: (name) => layerOf(name)?.[name],
    has: (name) => layerOf(name) !== undefined,
    names: () => new Set(layers.flatMap((layer) => Object.keys(layer))),
  }
}

/** A scope whose own few names stand before those of another: the variables of a loop or of an include. */
export const overlay = (own: Readonly<Record<string, ScopeValue>>, scope: Scope): Scope => ({
  get: (name) => (Object.hasOwn(own, name) ? own[name] : scope.get(name)),
  has: (name) => Object.hasOwn(own, name) || scope.has(name),
  names: () => new Set([...Object.keys(own), ...scope.names()]),
})
