import { didYouMean } from '../../../base/nearest.ts'
import { textOf } from '../filters/values.ts'
import { compileRegex } from '../python/regex.ts'
import { fail } from '../values/fail.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import type { Lookup } from './types.ts'

const env: Lookup = (terms, options, world) => {
  const values = world.lookups.env ?? process.env
  return terms.map((term) => values[textOf(term)] ?? options.get('default') ?? '')
}

const vars: Lookup = (terms, options, world) =>
  terms.map((term) => {
    const name = textOf(term)
    const value = world.variable(name)
    const fallback = options.get('default')
    if (value !== undefined && !(value instanceof Undefined)) return value
    if (fallback !== undefined) return fallback
    if (value instanceof Undefined) throw value.toError()
    throw fail(`"${name}" is not defined`, didYouMean(name, world.names()), 'template/undefined-variable')
  })

const varnames: Lookup = (terms, _options, world) =>
  terms.flatMap((term): RuntimeValue[] => {
    const wanted = compileRegex(textOf(term))
    return [...world.names()].filter((name) => wanted.test(name))
  })

/** Lookups of variables: those of the environment and those of the host. */
export const variableLookups: Readonly<Record<string, Lookup>> = { env, vars, varnames }
