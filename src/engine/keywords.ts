import type { Value } from '../base/value.ts'
import type { Keywords, Placed } from '../playbook/types.ts'

/** Keywords in force at a node: what was inherited and what the node itself says, merged. */
export interface Effective extends Omit<Keywords, 'environment' | 'moduleDefaults'> {
  /** Outermost first: later ones win. */
  readonly environments: readonly Placed<Value>[]
  readonly moduleDefaultsList: readonly Placed<Value>[]
}

export const noKeywords: Effective = { environments: [], moduleDefaultsList: [] }

/**
 * Lays a node's keywords on what it inherits: conditions add up (inherited ones first), tags unite, variables and
 * environments merge with the inner winning; everything else the inner one replaces.
 */
export const inherit = (outer: Effective, inner: Keywords): Effective => {
  const { environment, moduleDefaults, when, tags, vars, ...rest } = inner
  return {
    ...outer,
    ...rest,
    ...(when || outer.when ? { when: [...(outer.when ?? []), ...(when ?? [])] } : {}),
    ...(tags || outer.tags ? { tags: [...new Set([...(outer.tags ?? []), ...(tags ?? [])])] } : {}),
    ...(vars || outer.vars ? { vars: { ...outer.vars, ...vars } } : {}),
    environments: environment ? [...outer.environments, environment] : outer.environments,
    moduleDefaultsList: moduleDefaults ? [...outer.moduleDefaultsList, moduleDefaults] : outer.moduleDefaultsList,
  }
}
