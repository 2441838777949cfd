import { LifeboatError } from '../base/errors.ts'
import { hasTemplate, isMapping, Template, type Value, type Variables } from '../base/value.ts'
import type { Arguments } from '../modules/arguments.ts'
import type { Placed } from '../playbook/types.ts'
import { removeOmitted } from '../text/template/omit.ts'
import type { Scope } from '../text/template/scope.ts'
import { Templar } from '../text/template/templar.ts'
import { isMagic } from './magic.ts'

/** A template has asked for more than extra variables. */
class DependsOnMore extends Error {}

/**
 * Arguments in which every template that is made of extra variables alone is evaluated: nothing in a run is stronger
 * than those, so its value is known before any host is. What is omitted so is left out; the other templates stay.
 */
export const withConstants = (args: Arguments, extraVariables: Variables): Arguments => {
  const templar = new Templar(onlyExtra(extraVariables))
  const known = Object.entries(args).flatMap(([name, placed]): [string, Placed<Value>][] => {
    if (!isConstant(placed.value, extraVariables)) return [[name, placed]]
    try {
      const value = removeOmitted(templar.evaluate(placed.value))
      return value === undefined ? [] : [[name, { ...placed, value }]]
    } catch (error) {
      // A template that fails is the run's to report: then it is known on which host and in which task.
      if (error instanceof DependsOnMore || error instanceof LifeboatError) return [[name, placed]]
      throw error
    }
  })
  return Object.fromEntries(known)
}

/** Templates that give another value each time are none, wherever they stand. */
const isConstant = (value: Value, extraVariables: Variables): boolean =>
  !textsIn([value, ...Object.values(extraVariables)]).some((text) => /\b(random|shuffle|password_hash)\b/.test(text))

const textsIn = (value: Value): string[] => {
  if (value instanceof Template) return [value.text]
  if (typeof value === 'string') return hasTemplate(value) ? [value] : []
  if (Array.isArray(value)) return value.flatMap(textsIn)
  return isMapping(value) ? Object.values(value as Record<string, Value>).flatMap(textsIn) : []
}

const onlyExtra = (extraVariables: Variables): Scope => {
  const has = (name: string): boolean => Object.hasOwn(extraVariables, name) && !isMagic(name)
  return {
    has,
    get: (name) => {
      if (has(name)) return extraVariables[name]
      if (name === 'omit') return undefined
      throw new DependsOnMore(name)
    },
    names: () => Object.keys(extraVariables).filter(has),
  }
}
