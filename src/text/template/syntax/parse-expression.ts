import type { Comparison, ComparisonOperator, Expression } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { parsePostfix, parsePrimary } from './parse-primary.ts'

type Parse = (cursor: Cursor) => Expression

/** Parses an expression, with `a if b else c`. */
export const parseExpression: Parse = (cursor) => cursor.deeper(() => parseChoice(cursor))

/** Parses an expression without the inline `if`, as the list of a `for` needs it. */
export const parseOr: Parse = (cursor) => {
  let left = parseAnd(cursor)
  while (cursor.acceptName('or')) {
    const right = parseAnd(cursor)
    left = { type: 'or', left, right, start: left.start, end: right.end }
  }
  return left
}

/** Parses one expression or, where commas follow, a tuple. */
export const parseTuple = (cursor: Cursor, parseItem: Parse = parseExpression): Expression => {
  const first = parseItem(cursor)
  if (!cursor.isOperator(',')) return first
  const items = [first]
  while (cursor.acceptOperator(',')) {
    if (endsTuple(cursor)) break
    items.push(parseItem(cursor))
  }
  return { type: 'tuple', items, start: first.start, end: cursor.previousEnd }
}

const endsTuple = (cursor: Cursor): boolean =>
  ['closeVariable', 'closeBlock', 'end'].includes(cursor.current.kind) ||
  [')', ']', '}', '='].some((text) => cursor.isOperator(text)) ||
  cursor.isName('in')

const parseChoice: Parse = (cursor) => {
  let then = parseOr(cursor)
  while (cursor.acceptName('if')) {
    const condition = parseOr(cursor)
    const otherwise = cursor.acceptName('else') ? parseExpression(cursor) : undefined
    then = { type: 'choice', condition, then, otherwise, start: then.start, end: cursor.previousEnd }
  }
  return then
}

const parseAnd: Parse = (cursor) => {
  let left = parseNot(cursor)
  while (cursor.acceptName('and')) {
    const right = parseNot(cursor)
    left = { type: 'and', left, right, start: left.start, end: right.end }
  }
  return left
}

const parseNot: Parse = (cursor) => {
  const { start } = cursor.current
  if (!cursor.isName('not')) return parseComparison(cursor)
  cursor.next()
  const operand = cursor.deeper(() => parseNot(cursor))
  return { type: 'not', operand, start, end: operand.end }
}

const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>='])

const parseComparison: Parse = (cursor) => {
  const first = parseSum(cursor)
  const rest: Comparison[] = []
  for (let operator = comparison(cursor); operator; operator = comparison(cursor)) {
    rest.push({ operator, operand: parseSum(cursor) })
  }
  if (cursor.isOperator('=')) throw cursor.unexpected(undefined, ['compare with "=="'])
  return rest.length === 0 ? first : { type: 'compare', first, rest, start: first.start, end: cursor.previousEnd }
}

const comparison = (cursor: Cursor): ComparisonOperator | undefined => {
  const { kind, text } = cursor.current
  if (kind === 'operator' && COMPARISONS.has(text)) return cursor.next().text as ComparisonOperator
  if (cursor.acceptName('in')) return 'in'
  if (!cursor.isName('not') || cursor.peek().kind !== 'name' || cursor.peek().text !== 'in') return undefined
  cursor.next()
  cursor.next()
  return 'not in'
}

type BinaryOperator = Extract<Expression, { type: 'binary' }>['operator']

const binary =
  (operators: readonly BinaryOperator[], parseOperand: Parse): Parse =>
  (cursor) => {
    let left = parseOperand(cursor)
    for (;;) {
      const operator = operators.find((text) => cursor.isOperator(text))
      if (operator === undefined) return left
      cursor.next()
      const right = parseOperand(cursor)
      left = { type: 'binary', operator, left, right, start: left.start, end: right.end }
    }
  }

const parseUnary = (cursor: Cursor, filters = true): Expression => {
  const { start, text } = cursor.current
  let node: Expression
  if (cursor.isOperator('-') || cursor.isOperator('+')) {
    cursor.next()
    const operand = cursor.deeper(() => parseUnary(cursor, false))
    node = { type: 'sign', operator: text as '-' | '+', operand, start, end: operand.end }
  } else node = parsePrimary(cursor)
  return parsePostfix(cursor, node, filters)
}

const parsePower = binary(['**'], (cursor) => parseUnary(cursor))
const parseProduct = binary(['*', '/', '//', '%'], parsePower)

const parseJoin: Parse = (cursor) => {
  const first = parseProduct(cursor)
  if (!cursor.isOperator('~')) return first
  const parts = [first]
  while (cursor.acceptOperator('~')) parts.push(parseProduct(cursor))
  return { type: 'join', parts, start: first.start, end: cursor.previousEnd }
}

const parseSum = binary(['+', '-'], parseJoin)
