import { LifeboatError } from '../base/errors.ts'
import type { Fault, Module, Rule } from './contract.ts'
import { isOpen, shapeOf } from './shared/schema.ts'

/** A rule has read a parameter whose value nobody knows yet. */
class NotKnown extends Error {}

/**
 * Judges the rules of a module about parameters of which some may not be known yet: a rule that reads one of those is
 * left for later.
 *
 * @param values parsed values by name, defaults included
 * @param isUnknown whether the value of a parameter will only be known later
 */
export const judgeRules = (
  module: Module,
  values: Readonly<Record<string, unknown>>,
  isUnknown: (name: string) => boolean = () => false,
): Fault[] => {
  const given = new Proxy(values, {
    get: (target, key) => {
      if (typeof key === 'string' && isUnknown(key)) throw new NotKnown()
      return Reflect.get(target, key)
    },
  })
  const faults = (module.rules?.(given) ?? []).flatMap((rule) => judge(rule) ?? [])
  // Two rules that ask the same parser say the same.
  const said = new Set<string>()
  return faults.filter(({ error }) => {
    const words = typeof error === 'string' ? error : error.message
    return said.size < said.add(words).size
  })
}

const judge = (rule: Rule): Fault | undefined => {
  try {
    return rule()
  } catch (error) {
    if (error instanceof NotKnown) return undefined
    throw error
  }
}

/**
 * Parses those parameters whose values are known, each by itself.
 *
 * @returns values by name; what is unknown or wrong by itself is not among them
 */
export const parseKnown = (
  module: Module,
  written: Readonly<Record<string, unknown>>,
  isUnknown: (name: string) => boolean,
): Record<string, unknown> => {
  const shape = shapeOf(module.params)
  const known: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(shape)) {
    if (isUnknown(name)) continue
    const parsed = schema.safeParse(written[name])
    if (parsed.success) known[name] = parsed.data
  }
  if (!isOpen(module.params)) return known
  const others = Object.entries(written).filter(([name]) => !Object.hasOwn(shape, name) && !isUnknown(name))
  return { ...Object.fromEntries(others), ...known }
}

/** A fault with words of the module's own. */
export const fault = (at: string | undefined, words: string): Fault => ({ at, error: words })

/** What a parser refuses, as a fault of the parameter it comes from; undefined where it takes the value. */
export const refusal = (at: string | undefined, parse: () => unknown): Fault | undefined => {
  try {
    parse()
    return undefined
  } catch (error) {
    if (error instanceof LifeboatError) return { at, error }
    throw error
  }
}

/** Those of some parameters that are given, as far as that is known. */
export const givenOf = <P extends object>(given: P, names: readonly (keyof P & string)[]): (keyof P & string)[] =>
  names.filter((name) => {
    try {
      return given[name] !== undefined
    } catch (error) {
      if (error instanceof NotKnown) return false
      throw error
    }
  })

/** Of some parameters at most one may be given; the fault stands at the second. */
export const atMostOne =
  <P extends object>(given: P, names: readonly (keyof P & string)[]): Rule =>
  () => {
    const both = givenOf(given, names)
    const words = both.map((name) => `"${name}"`).join(' and ')
    return both.length > 1 ? fault(both[1], `${words} exclude each other`) : undefined
  }
