import type { Position } from '../../base/position.ts'
import type { Template } from '../../base/value.ts'
import { FloatLiteral } from '../float-literal.ts'
import { checkNames } from './check-names.ts'
import { parsedExpression, parsedTemplate } from './syntax/cached.ts'

/**
 * Checks a template without evaluating it: its syntax, and that every filter, test and lookup exists.
 *
 * @throws template/syntax, template/unknown-filter, template/unknown-test, template/unknown-lookup with the place
 */
export const checkTemplate = (template: Template): void => {
  if (template instanceof FloatLiteral) return
  const { origin, body } = parsedTemplate(template)
  checkNames(body, origin)
}

/** Checks a bare expression (a condition, `debug: var=`) as `checkTemplate` does a template. */
export const checkExpression = (text: string, position: Position): void => {
  if (text.trim() === '') return
  const { origin, expression } = parsedExpression(text, position)
  checkNames(expression, origin)
}
