import type { Dict } from './dict.ts'
import type { Float } from './float.ts'
import type { Instance } from './instance.ts'
import type { LazyMapping } from './lazy.ts'
import type { Tuple } from './tuple.ts'
import type { Undefined } from './undefined.ts'

/**
 * What an expression evaluates to. Integers are numbers (bigint beyond what a number holds exactly), floats are numbers
 * with a fraction or `Float` for whole ones, lists are arrays, mappings are records that came from variables, `Dict`
 * where a template made them, or `LazyMapping`.
 */
export type RuntimeValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Float
  | Tuple
  | Dict
  | LazyMapping
  | Instance
  | Undefined
  | RuntimeValue[]
  | RuntimeRecord

/** A mapping out of a variable; never changed. */
export type RuntimeRecord = { readonly [key: string]: RuntimeValue }

export type Mapping = Dict | LazyMapping | RuntimeRecord
