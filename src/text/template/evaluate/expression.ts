import { calculate, signed } from '../python/arithmetic.ts'
import { contains, equals, order } from '../python/compare.ts'
import { itemsOf } from '../python/iterate.ts'
import { entriesOf } from '../python/mapping.ts'
import { str } from '../python/text.ts'
import { isTrue } from '../python/truth.ts'
import { kindOf } from '../python/type-name.ts'
import type { CallArguments, ComparisonOperator, Expression, ExpressionOf } from '../syntax/ast.ts'
import { Arguments } from '../values/arguments.ts'
import { Dict, isMapping } from '../values/dict.ts'
import { fail } from '../values/fail.ts'
import { float } from '../values/float.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Nothing, Undefined } from '../values/undefined.ts'
import { attributeOf, itemOf } from './access.ts'
import { callValue } from './call.ts'
import type { Evaluation } from './evaluation.ts'
import { resolveName } from './name.ts'
import { sliceOf } from './slice.ts'

/**
 * Evaluates an expression.
 *
 * @throws template/… with the place of the part that failed
 */
export const evaluate = (node: Expression, on: Evaluation): RuntimeValue => {
  switch (node.type) {
    case 'literal':
      return node.float ? float(node.value as number) : node.value
    case 'name':
      return resolveName(node, on)
    case 'list':
      return node.items.map((item) => evaluate(item, on))
    case 'tuple':
      return new Tuple(node.items.map((item) => evaluate(item, on)))
    case 'dict':
      return new Dict(node.entries.map(([key, value]) => [evaluateKey(key, on), evaluate(value, on)] as const))
    case 'not':
      return !evaluateTruth(node.operand, on)
    case 'sign':
      return on.at(node, () => signed(node.operator, evaluate(node.operand, on)))
    case 'binary': {
      const left = evaluate(node.left, on)
      const right = evaluate(node.right, on)
      return on.at(node, () => calculate(node.operator, left, right))
    }
    case 'and':
    case 'or': {
      const left = evaluate(node.left, on)
      const decided = on.at(node.left, () => isTrue(left)) === (node.type === 'or')
      return decided ? left : evaluate(node.right, on)
    }
    case 'join':
      return node.parts.map((part) => on.at(part, () => str(evaluate(part, on)))).join('')
    case 'compare':
      return evaluateComparison(node, on)
    case 'choice':
      return evaluateChoice(node, on)
    case 'attribute':
      return attributeOf(evaluate(node.object, on), node, on)
    case 'item':
      return itemOf(evaluate(node.object, on), evaluate(node.key, on), node, on)
    case 'slice': {
      const bounds = [node.from, node.to, node.step].map((bound) => (bound ? evaluate(bound, on) : null))
      const object = evaluate(node.object, on)
      return on.at(node, () => sliceOf(object, bounds))
    }
    case 'call':
      return callValue(
        node,
        (owner) => evaluateArguments(node.args, owner, on),
        on,
        (part) => evaluate(part, on),
      )
    case 'filter':
      return evaluateFilter(node, undefined, on)
    case 'test':
      return evaluateTest(node, on)
  }
}

/** Evaluates an expression and takes its truth. */
export const evaluateTruth = (node: Expression, on: Evaluation): boolean => {
  const value = evaluate(node, on)
  return typeof value === 'boolean' ? value : on.at(node, () => isTrue(value))
}

/** Evaluates a chain of filters whose innermost one has no operand: it is given the text of a block. */
export const evaluateFilterChain = (node: Expression, input: string, on: Evaluation): RuntimeValue =>
  node.type === 'filter' ? evaluateFilter(node, input, on) : evaluate(node, on)

const evaluateFilter = (node: ExpressionOf<'filter'>, input: string | undefined, on: Evaluation): RuntimeValue => {
  const operand =
    node.operand === undefined
      ? (input ?? '')
      : input !== undefined
        ? evaluateFilterChain(node.operand, input, on)
        : evaluate(node.operand, on)
  const args = evaluateArguments(node.args, `the filter "${node.name}"`, on)
  return on.at(spanOfUse(node), () => on.world.filter(node.name, operand, args))
}

const evaluateTest = (node: ExpressionOf<'test'>, on: Evaluation): boolean => {
  const operand = evaluate(node.operand, on)
  const args = evaluateArguments(node.args, `the test "${node.name}"`, on)
  return on.at(spanOfUse(node), () => on.world.test(node.name, operand, args)) !== node.negated
}

/** Of a filter or test its name and arguments, not what it works on. */
const spanOfUse = (node: ExpressionOf<'filter' | 'test'>) => ({ start: node.nameSpan.start, end: node.end })

const evaluateKey = (node: Expression, on: Evaluation): RuntimeValue => {
  const key = evaluate(node, on)
  return on.at(node, () => {
    if (key instanceof Undefined) throw key.toError()
    if (Array.isArray(key) || isMapping(key)) throw fail(`${kindOf(key)} cannot be a key`)
    return key
  })
}

const evaluateComparison = (node: ExpressionOf<'compare'>, on: Evaluation): boolean => {
  let left = evaluate(node.first, on)
  for (const { operator, operand } of node.rest) {
    const right = evaluate(operand, on)
    const [a, b] = [left, right]
    if (!on.at(node, () => compare(operator, a, b))) return false
    left = right
  }
  return true
}

const compare = (operator: ComparisonOperator, a: RuntimeValue, b: RuntimeValue): boolean => {
  switch (operator) {
    case '==':
      return equals(a, b)
    case '!=':
      return !equals(a, b)
    case 'in':
      return contains(b, a)
    case 'not in':
      return !contains(b, a)
    case '<':
      return order(a, b) < 0
    case '<=':
      return order(a, b) <= 0
    case '>':
      return order(a, b) > 0
    case '>=':
      return order(a, b) >= 0
  }
}

const evaluateChoice = (node: ExpressionOf<'choice'>, on: Evaluation): RuntimeValue => {
  if (evaluateTruth(node.condition, on)) return evaluate(node.then, on)
  if (node.otherwise) return evaluate(node.otherwise, on)
  return new Nothing(on.textOf(node), () => ({
    message: `"${on.textOf(node)}" has no value, because its condition is false and it has no else`,
    position: on.positionOf(node),
  }))
}

/** Evaluates the arguments of a call. */
export const evaluateArguments = (args: CallArguments, owner: string, on: Evaluation): Arguments => {
  const positional = args.positional.map((node) => evaluate(node, on))
  const { spread, spreadNamed } = args
  if (spread) positional.push(...on.at(spread, () => itemsOf(evaluate(spread, on))))
  if (args.named.length === 0 && !spreadNamed) return new Arguments(owner, positional)
  const named = new Map(args.named.map(([name, node]) => [name, evaluate(node, on)]))
  if (spreadNamed) {
    const mapping = evaluate(spreadNamed, on)
    if (!isMapping(mapping)) throw on.at(spreadNamed, () => fail(`** needs a mapping, not ${kindOf(mapping)}`))
    for (const [key, value] of entriesOf(mapping)) named.set(str(key), value)
  }
  return new Arguments(owner, positional, named)
}
