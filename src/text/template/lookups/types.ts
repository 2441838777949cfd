import type { World } from '../evaluate/world.ts'
import type { RuntimeValue } from '../values/types.ts'

/** Finds values: terms are what it is asked for, options its named arguments. Always a list. */
export type Lookup = (
  terms: readonly RuntimeValue[],
  options: ReadonlyMap<string, RuntimeValue>,
  world: World,
) => RuntimeValue[]
