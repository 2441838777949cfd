import { unescapeText } from '../python/escape.ts'
import { integer } from '../values/float.ts'
import type { CallArguments, Expression } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { parseExpression, parseTuple } from './parse-expression.ts'

const CONSTANTS = new Map<string, null | boolean>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
])

const RESERVED = new Set(['and', 'or', 'not', 'if', 'else', 'elif', 'in', 'is', 'for'])

/** Parses a name, a literal or what stands in brackets. */
export const parsePrimary = (cursor: Cursor): Expression => {
  const token = cursor.current
  const { start, end } = token
  switch (token.kind) {
    case 'name': {
      if (RESERVED.has(token.text)) throw cursor.unexpected('a value')
      cursor.next()
      const constant = CONSTANTS.get(token.text)
      if (constant !== undefined) return { type: 'literal', value: constant, start, end }
      return { type: 'name', name: token.text, start, end }
    }
    case 'text':
      return { type: 'literal', value: parseText(cursor), start, end: cursor.previousEnd }
    case 'integer':
      cursor.next()
      return { type: 'literal', value: integer(BigInt(token.text.replaceAll('_', '').toLowerCase())), start, end }
    case 'float':
      cursor.next()
      return { type: 'literal', value: Number(token.text.replaceAll('_', '')), float: true, start, end }
    default:
      return cursor.deeper(() => parseBrackets(cursor))
  }
}

/** Texts that stand side by side are one. */
const parseText = (cursor: Cursor): string => {
  let value = ''
  while (cursor.current.kind === 'text') {
    const inner = cursor.next().text.slice(1, -1)
    value += cursor.inVariable && cursor.literalBackslashes ? unescapeQuotes(inner) : unescapeText(inner)
  }
  return value
}

/** Every backslash stands for itself; before a quote it only keeps the text from ending. */
const unescapeQuotes = (text: string): string => text.replace(/\\(['"])/g, '$1')

const parseBrackets = (cursor: Cursor): Expression => {
  const { start } = cursor.current
  if (cursor.acceptOperator('(')) {
    if (cursor.acceptOperator(')')) return { type: 'tuple', items: [], start, end: cursor.previousEnd }
    const inner = parseTuple(cursor)
    cursor.expectOperator(')')
    return { ...inner, start, end: cursor.previousEnd }
  }
  if (cursor.acceptOperator('[')) {
    const items = parseUntil(cursor, ']', () => parseExpression(cursor))
    return { type: 'list', items, start, end: cursor.previousEnd }
  }
  if (cursor.acceptOperator('{')) {
    const entries = parseUntil(cursor, '}', (): readonly [Expression, Expression] => {
      const key = parseExpression(cursor)
      cursor.expectOperator(':')
      return [key, parseExpression(cursor)]
    })
    return { type: 'dict', entries, start, end: cursor.previousEnd }
  }
  throw cursor.unexpected('a value')
}

const parseUntil = <T>(cursor: Cursor, close: string, parseItem: () => T): T[] => {
  const items: T[] = []
  while (!cursor.acceptOperator(close)) {
    if (items.length > 0) {
      cursor.expectOperator(',')
      if (cursor.acceptOperator(close)) break
    }
    items.push(parseItem())
  }
  return items
}

/** Parses what follows a value: attributes, items, calls and, where allowed, filters and tests. */
export const parsePostfix = (cursor: Cursor, first: Expression, filters: boolean): Expression => {
  let node = first
  for (;;) {
    if (cursor.isOperator('.')) node = parseAttribute(cursor, node)
    else if (cursor.isOperator('[')) node = parseSubscript(cursor, node)
    else if (cursor.isOperator('(')) {
      const args = parseArguments(cursor)
      node = { type: 'call', callee: node, args, start: node.start, end: cursor.previousEnd }
    } else if (filters && cursor.isOperator('|')) node = parseFilter(cursor, node)
    else if (filters && cursor.isName('is')) node = parseTest(cursor, node)
    else return node
  }
}

const parseAttribute = (cursor: Cursor, object: Expression): Expression => {
  cursor.next()
  const token = cursor.current
  if (token.kind === 'integer') {
    cursor.next()
    const key: Expression = { type: 'literal', value: Number(token.text), start: token.start, end: token.end }
    return { type: 'item', object, key, start: object.start, end: token.end }
  }
  const { text, end } = cursor.expectName('a name behind "."')
  return { type: 'attribute', object, name: text, start: object.start, end }
}

const parseSubscript = (cursor: Cursor, object: Expression): Expression => {
  cursor.next()
  const from = cursor.isOperator(':') ? undefined : parseTuple(cursor)
  if (from && !cursor.isOperator(':')) {
    const { end } = cursor.expectOperator(']')
    return { type: 'item', object, key: from, start: object.start, end }
  }
  cursor.expectOperator(':')
  const to = cursor.isOperator(':') || cursor.isOperator(']') ? undefined : parseExpression(cursor)
  const step = cursor.acceptOperator(':') && !cursor.isOperator(']') ? parseExpression(cursor) : undefined
  const { end } = cursor.expectOperator(']')
  return { type: 'slice', object, from, to, step, start: object.start, end }
}

/** Parses a filter and its arguments; without an operand for the head of a `{% filter %}` block. */
export const parseFilter = (cursor: Cursor, operand: Expression | undefined): Expression => {
  cursor.acceptOperator('|')
  const { name, span } = parseDottedName(cursor, 'the name of a filter')
  const args = cursor.isOperator('(') ? parseArguments(cursor) : NO_ARGUMENTS
  const start = operand?.start ?? span.start
  return { type: 'filter', name, nameSpan: span, operand, args, start, end: cursor.previousEnd }
}

const parseTest = (cursor: Cursor, operand: Expression): Expression => {
  cursor.next()
  const negated = cursor.acceptName('not')
  const { name, span } = parseDottedName(cursor, 'the name of a test')
  const args = cursor.isOperator('(') ? parseArguments(cursor) : parseTestArgument(cursor)
  return { type: 'test', name, nameSpan: span, operand, args, negated, start: operand.start, end: cursor.previousEnd }
}

const NOT_ARGUMENTS = new Set(['else', 'or', 'and', 'is', 'if', 'in', 'not', 'recursive'])

/** One argument may stand without parentheses: `x is divisibleby 3`. */
const parseTestArgument = (cursor: Cursor): CallArguments => {
  const { kind, text } = cursor.current
  if (cursor.isName('is')) throw cursor.error('a test cannot follow a test', cursor.current, ['join them with "and"'])
  const begins =
    (kind === 'name' && !NOT_ARGUMENTS.has(text)) ||
    kind === 'text' ||
    kind === 'integer' ||
    kind === 'float' ||
    (kind === 'operator' && (text === '[' || text === '{'))
  if (!begins) return NO_ARGUMENTS
  return { ...NO_ARGUMENTS, positional: [parsePostfix(cursor, parsePrimary(cursor), false)] }
}

const NO_ARGUMENTS: CallArguments = { positional: [], named: [], spread: undefined, spreadNamed: undefined }

const parseDottedName = (cursor: Cursor, what: string) => {
  const first = cursor.expectName(what)
  let name = first.text
  while (cursor.isOperator('.')) {
    cursor.next()
    name += `.${cursor.expectName(what).text}`
  }
  return { name, span: { start: first.start, end: cursor.previousEnd } }
}

/** Parses arguments in parentheses: `(a, b, name=c, *list, **mapping)`. */
export const parseArguments = (cursor: Cursor): CallArguments => {
  cursor.expectOperator('(')
  const positional: Expression[] = []
  const named: (readonly [string, Expression])[] = []
  let spread: Expression | undefined
  let spreadNamed: Expression | undefined
  parseUntil(cursor, ')', () => {
    if (cursor.acceptOperator('*')) spread = parseExpression(cursor)
    else if (cursor.acceptOperator('**')) spreadNamed = parseExpression(cursor)
    else if (cursor.current.kind === 'name' && cursor.peek().kind === 'operator' && cursor.peek().text === '=') {
      const name = cursor.next().text
      cursor.next()
      named.push([name, parseExpression(cursor)])
    } else {
      if (named.length > 0) throw cursor.error('arguments without a name stand before those with one', cursor.current)
      positional.push(parseExpression(cursor))
    }
  })
  return { positional, named, spread, spreadNamed }
}
