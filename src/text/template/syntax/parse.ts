import type { Expression, Statement } from './ast.ts'
import { Cursor } from './cursor.ts'
import type { Delimiters } from './delimiters.ts'
import { lexExpression, lexTemplate } from './lexer.ts'
import type { Origin } from './origin.ts'
import { parseTuple } from './parse-expression.ts'
import { parseStatement } from './parse-statement.ts'

/** A template as a tree, and where its text stands. */
export interface ParsedTemplate {
  readonly origin: Origin
  readonly body: readonly Statement[]
}

/**
 * Parses a template.
 *
 * @throws template/syntax with the place
 */
export const parseTemplate = (origin: Origin, delimiters: Delimiters): ParsedTemplate => {
  const cursor = new Cursor(origin, lexTemplate(origin, delimiters), delimiters.literalBackslashes)
  return { origin, body: parseBody(cursor, [], undefined) }
}

/**
 * Parses a bare expression, such as a condition.
 *
 * @throws template/syntax with the place
 */
export const parseBareExpression = (origin: Origin): Expression => {
  const cursor = new Cursor(origin, lexExpression(origin), false)
  const expression = parseTuple(cursor)
  if (cursor.current.kind !== 'end') throw cursor.unexpected()
  return expression
}

const parseBody = (cursor: Cursor, ends: readonly string[], opened: { start: number; end: number } | undefined) => {
  const body: Statement[] = []
  for (;;) {
    const { kind, text, start, end } = cursor.current
    if (kind === 'end') {
      if (opened === undefined) return body
      const wanted = ends.map((name) => `"${name}"`).join(' or ')
      throw cursor.error(`${wanted} is missing for the block that begins here`, opened)
    }
    if (kind === 'data') {
      cursor.next()
      body.push({ type: 'data', text, start, end })
    } else if (kind === 'openVariable') body.push(parseOutput(cursor))
    else {
      if (cursor.peek().kind === 'name' && ends.includes(cursor.peek().text)) return body
      cursor.next()
      cursor.inVariable = false
      const span = { start, end: cursor.current.end }
      body.push(parseStatement(cursor, start, (...names) => parseBody(cursor, names, span)))
    }
  }
}

const parseOutput = (cursor: Cursor): Statement => {
  const { start } = cursor.next()
  cursor.inVariable = true
  if (cursor.current.kind === 'closeVariable') throw cursor.error('an expression is missing', cursor.current)
  const expression = parseTuple(cursor)
  const close = cursor.next()
  if (close.kind !== 'closeVariable') throw cursor.unexpectedToken(close, 'the end of the expression')
  return { type: 'output', expression, start, end: close.end }
}
