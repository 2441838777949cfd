import { didYouMean } from '../../../base/nearest.ts'
import type { ExpressionOf } from '../syntax/ast.ts'
import { Callable } from '../values/instance.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import type { Evaluation } from './evaluation.ts'

/** The value of a name: set by the template, a variable, a function; else undefined, with what may have been meant. */
export const resolveName = (node: ExpressionOf<'name'>, on: Evaluation): RuntimeValue => {
  const { name } = node
  const own = on.frame.get(name)
  const value = own === undefined ? on.world.variable(name) : own
  if (value !== undefined) return value
  const found = on.world.function(name)
  if (found) return new Callable(name, (args) => found(args, on.world))
  return new Undefined(name, () => ({
    message: `"${name}" is not defined`,
    position: on.positionOf(node),
    hints: didYouMean(name, [...on.frame.names(), ...on.world.names(), ...on.world.functionNames()]),
  }))
}
