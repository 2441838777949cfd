import { didYouMean } from '../../../base/nearest.ts'
import { methodNames, methodOf } from '../methods/index.ts'
import { kindOf } from '../python/type-name.ts'
import type { Expression, ExpressionOf } from '../syntax/ast.ts'
import type { Arguments } from '../values/arguments.ts'
import { fail } from '../values/fail.ts'
import { Callable, Instance } from '../values/instance.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import type { Evaluation } from './evaluation.ts'

type MakeArguments = (owner: string) => Arguments

/** Calls a function, a macro or a method of a text, list or mapping; only those of our tables exist. */
export const callValue = (
  node: ExpressionOf<'call'>,
  args: MakeArguments,
  on: Evaluation,
  evaluatePart: (part: Expression) => RuntimeValue,
): RuntimeValue => {
  const { callee } = node
  if (callee.type === 'attribute') return callMethod(callee, node, args, on, evaluatePart(callee.object))
  const value = evaluatePart(callee)
  if (isCallable(value)) {
    const made = args(`the function "${on.textOf(callee)}"`)
    return on.at(node, () => value.call(made))
  }
  const name = on.textOf(callee)
  const known = callee.type === 'name' && value instanceof Undefined
  return on.at(callee, () => {
    if (value instanceof Undefined && value.describe().cause) throw value.toError()
    const message = known ? `there is no function "${name}"` : `"${name}" is ${kindOf(value)} and cannot be called`
    throw fail(message, known ? didYouMean(name, on.world.functionNames()) : [], 'template/unknown-function')
  })
}

const callMethod = (
  callee: ExpressionOf<'attribute'>,
  node: ExpressionOf<'call'>,
  args: MakeArguments,
  on: Evaluation,
  object: RuntimeValue,
): RuntimeValue => {
  const { name } = callee
  if (object instanceof Undefined) throw object.toError()
  const own = object instanceof Instance ? object.attribute(name) : undefined
  if (own !== undefined && isCallable(own)) {
    const made = args(`"${on.textOf(callee)}"`)
    return on.at(node, () => own.call(made))
  }
  const method = methodOf(object, name)
  if (!method) {
    return on.at(callee, () => {
      const hints = didYouMean(name, methodNames(object))
      throw fail(`${kindOf(object)} has no method "${name}"`, hints, 'template/unknown-function')
    })
  }
  const made = args(`the method "${name}"`)
  return on.at(node, () => method(object, made))
}

interface CallableValue {
  call(args: Arguments): RuntimeValue
}

/** Whether a value can be called: a function, a macro, the `loop` of a recursive `for`. */
export const isCallable = (value: RuntimeValue): value is RuntimeValue & CallableValue =>
  value instanceof Callable || (value instanceof Instance && 'call' in value && typeof value.call === 'function')
