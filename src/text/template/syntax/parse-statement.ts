import { didYouMean } from '../../../base/nearest.ts'
import type { Expression, Parameter, Statement, Target } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { parseExpression, parseOr, parseTuple } from './parse-expression.ts'
import { parseFilter } from './parse-primary.ts'

/** Parses statements up to the end or to a block of one of these names, which is left at the cursor. */
export type ParseBody = (...ends: readonly string[]) => Statement[]

type ParseBlock = (cursor: Cursor, start: number, body: ParseBody) => Statement

/** Parses a block whose name is at the cursor. */
export const parseStatement = (cursor: Cursor, start: number, body: ParseBody): Statement => {
  const { text } = cursor.current
  const parse = BLOCKS.get(text)
  if (cursor.current.kind !== 'name' || !parse) throw unknownBlock(cursor)
  cursor.next()
  return cursor.deeper(() => parse(cursor, start, body))
}

const unknownBlock = (cursor: Cursor): Error => {
  const { kind, text } = cursor.current
  if (kind !== 'name') return cursor.unexpected('the name of a block')
  if (text === 'extends' || text === 'block') {
    return cursor.error(`"${text}" is not supported`, cursor.current, ['use include, or macros with import'])
  }
  if (/^(end|else|elif)/.test(text)) return cursor.error(`"${text}" belongs to no open block`, cursor.current)
  return cursor.error(`unknown block "${text}"`, cursor.current, didYouMean(text, BLOCKS.keys()))
}

const closeBlock = (cursor: Cursor): void => {
  if (cursor.current.kind !== 'closeBlock') throw cursor.unexpected('the end of the block')
  cursor.next()
}

/** Moves behind `{% name … %}`, which is at the cursor. */
const closeWith = (cursor: Cursor): number => {
  cursor.next()
  cursor.next()
  const end = cursor.current.end
  closeBlock(cursor)
  return end
}

const parseFor: ParseBlock = (cursor, start, body) => {
  const target = parseTarget(cursor)
  if (!cursor.acceptName('in')) throw cursor.unexpected('"in"')
  const items = parseTuple(cursor, parseOr)
  const filter = cursor.acceptName('if') ? parseExpression(cursor) : undefined
  const recursive = cursor.acceptName('recursive')
  closeBlock(cursor)
  const inside = body('endfor', 'else')
  let otherwise: Statement[] = []
  if (cursor.peek().text === 'else') {
    closeWith(cursor)
    otherwise = body('endfor')
  }
  const end = closeWith(cursor)
  return { type: 'for', target, items, filter, recursive, body: inside, otherwise, start, end }
}

const parseIf: ParseBlock = (cursor, start, body) => {
  const branches: { condition: Expression; body: readonly Statement[] }[] = []
  for (;;) {
    const condition = parseTuple(cursor)
    closeBlock(cursor)
    branches.push({ condition, body: body('elif', 'else', 'endif') })
    if (cursor.peek().text !== 'elif') break
    cursor.next()
    cursor.next()
  }
  let otherwise: Statement[] = []
  if (cursor.peek().text === 'else') {
    closeWith(cursor)
    otherwise = body('endif')
  }
  return { type: 'if', branches, otherwise, start, end: closeWith(cursor) }
}

const parseSet: ParseBlock = (cursor, start, body) => {
  const target = parseTarget(cursor, true)
  if (cursor.acceptOperator('=')) {
    const value = parseTuple(cursor)
    const { end } = cursor.current
    closeBlock(cursor)
    return { type: 'set', target, value, start, end }
  }
  const filters = cursor.isOperator('|') ? parseFilters(cursor) : undefined
  closeBlock(cursor)
  const inside = body('endset')
  return { type: 'setBlock', target, filters, body: inside, start, end: closeWith(cursor) }
}

const parseFilters = (cursor: Cursor): Expression => {
  let node = parseFilter(cursor, undefined)
  while (cursor.isOperator('|')) node = parseFilter(cursor, node)
  return node
}

const parseTarget = (cursor: Cursor, attributes = false): Target => {
  const first = parseOneTarget(cursor, attributes)
  if (!cursor.isOperator(',')) return first
  const items = [first]
  while (cursor.acceptOperator(',')) {
    if (cursor.current.kind !== 'name' && !cursor.isOperator('(')) break
    if (cursor.isName('in')) break
    items.push(parseOneTarget(cursor, attributes))
  }
  return { type: 'tuple', items, start: first.start, end: cursor.previousEnd }
}

const parseOneTarget = (cursor: Cursor, attributes: boolean): Target => {
  const { start } = cursor.current
  if (cursor.acceptOperator('(')) {
    const inner = parseTarget(cursor, attributes)
    cursor.expectOperator(')')
    return inner
  }
  const { text, end } = cursor.expectName('the name of a variable')
  if (attributes && cursor.acceptOperator('.')) {
    const attribute = cursor.expectName('the name of an attribute')
    return { type: 'namespace', object: text, attribute: attribute.text, start, end: attribute.end }
  }
  return { type: 'name', name: text, start, end }
}

const parseParameters = (cursor: Cursor): Parameter[] => {
  const parameters: Parameter[] = []
  cursor.expectOperator('(')
  while (!cursor.acceptOperator(')')) {
    if (parameters.length > 0) cursor.expectOperator(',')
    const name = cursor.expectName('the name of a parameter').text
    parameters.push({ name, fallback: cursor.acceptOperator('=') ? parseExpression(cursor) : undefined })
  }
  return parameters
}

const parseMacro: ParseBlock = (cursor, start, body) => {
  const name = cursor.expectName('the name of the macro').text
  const parameters = parseParameters(cursor)
  closeBlock(cursor)
  const inside = body('endmacro')
  return { type: 'macro', name, parameters, body: inside, start, end: closeWith(cursor) }
}

const parseCall: ParseBlock = (cursor, start, body) => {
  const parameters = cursor.isOperator('(') ? parseParameters(cursor) : []
  const call = parseExpression(cursor)
  if (call.type !== 'call') throw cursor.error('"call" needs the call of a macro', call)
  closeBlock(cursor)
  const inside = body('endcall')
  return { type: 'call', call, name: 'caller', parameters, body: inside, start, end: closeWith(cursor) }
}

const parseFilterBlock: ParseBlock = (cursor, start, body) => {
  const filters = parseFilters(cursor)
  closeBlock(cursor)
  const inside = body('endfilter')
  return { type: 'filterBlock', filters, body: inside, start, end: closeWith(cursor) }
}

const parseWith: ParseBlock = (cursor, start, body) => {
  const bindings: (readonly [Target, Expression])[] = []
  while (cursor.current.kind !== 'closeBlock') {
    if (bindings.length > 0) cursor.expectOperator(',')
    const target = parseOneTarget(cursor, false)
    cursor.expectOperator('=')
    bindings.push([target, parseExpression(cursor)])
  }
  closeBlock(cursor)
  const inside = body('endwith')
  return { type: 'with', bindings, body: inside, start, end: closeWith(cursor) }
}

const parseContext = (cursor: Cursor, otherwise: boolean): boolean => {
  const { text } = cursor.current
  if ((text !== 'with' && text !== 'without') || cursor.peek().text !== 'context') return otherwise
  cursor.next()
  cursor.next()
  return text === 'with'
}

const parseInclude: ParseBlock = (cursor, start) => {
  const template = parseExpression(cursor)
  const ignoreMissing = cursor.isName('ignore') && cursor.peek().text === 'missing'
  if (ignoreMissing) {
    cursor.next()
    cursor.next()
  }
  const withContext = parseContext(cursor, true)
  const { end } = cursor.current
  closeBlock(cursor)
  return { type: 'include', template, ignoreMissing, withContext, start, end }
}

const parseImport: ParseBlock = (cursor, start) => {
  const template = parseExpression(cursor)
  if (!cursor.acceptName('as')) throw cursor.unexpected('"as"')
  const name = cursor.expectName('a name').text
  const withContext = parseContext(cursor, false)
  const { end } = cursor.current
  closeBlock(cursor)
  return { type: 'import', template, name, withContext, start, end }
}

const parseFrom: ParseBlock = (cursor, start) => {
  const template = parseExpression(cursor)
  if (!cursor.acceptName('import')) throw cursor.unexpected('"import"')
  const names: (readonly [string, string])[] = []
  do {
    if (names.length > 0 && cursor.current.kind !== 'name') break
    const name = cursor.expectName('the name of a macro').text
    names.push([name, cursor.acceptName('as') ? cursor.expectName('a name').text : name])
  } while (cursor.acceptOperator(','))
  const withContext = parseContext(cursor, false)
  const { end } = cursor.current
  closeBlock(cursor)
  return { type: 'fromImport', template, names, withContext, start, end }
}

const parseDo: ParseBlock = (cursor, start) => {
  const expression = parseTuple(cursor)
  const { end } = cursor.current
  closeBlock(cursor)
  return { type: 'do', expression, start, end }
}

const parseLoopControl =
  (type: 'break' | 'continue'): ParseBlock =>
  (cursor, start) => {
    const { end } = cursor.current
    closeBlock(cursor)
    return { type, start, end }
  }

const BLOCKS: ReadonlyMap<string, ParseBlock> = new Map([
  ['for', parseFor],
  ['if', parseIf],
  ['set', parseSet],
  ['macro', parseMacro],
  ['call', parseCall],
  ['filter', parseFilterBlock],
  ['with', parseWith],
  ['include', parseInclude],
  ['import', parseImport],
  ['from', parseFrom],
  ['do', parseDo],
  ['break', parseLoopControl('break')],
  ['continue', parseLoopControl('continue')],
])
