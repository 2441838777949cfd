import { LifeboatError } from '../base/errors.ts'
import type { Position } from '../base/position.ts'
import { type PlainValue, Template, type Value, type Variables } from '../base/value.ts'

import { scopeOf, Templar } from '../text/template/index.ts'

/**
 * The text of a value that must be known before the run: the file of an import, the name of a role, a tag. Templates
 * may use extra variables, variables of the play and of what is around.
 *
 * @param what what the text is, for the message: `the file of import_tasks`
 * @throws playbook/not-static, playbook/wrong-type
 */
export const staticText = (value: Value, where: Position, variables: Variables, what: string): string => {
  const known = value instanceof Template ? staticValue(value, where, variables, what) : value
  if (typeof known === 'string') return known
  if (typeof known === 'number') return String(known)
  throw new LifeboatError('playbook/wrong-type', `${what} must be a text`, { where })
}

/** The value of a template that must be known before the run. @throws playbook/not-static */
export const staticValue = (template: Template, where: Position, variables: Variables, what: string): PlainValue => {
  try {
    return new Templar(scopeOf(variables)).evaluate(template)
  } catch (cause) {
    const why = cause instanceof Error ? `: ${cause.message}` : ''
    throw new LifeboatError('playbook/not-static', `${what} must be known before the run${why}`, {
      where,
      cause,
      hints: ['it may use -e variables and vars of the play, no facts and no variables of hosts'],
    })
  }
}
