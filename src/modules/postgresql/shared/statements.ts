import { LifeboatError } from '../../../base/errors.ts'
import { bindParameters, type SqlValue } from '../../../postgres/sql-literal.ts'
import { bindPercent } from '../../../postgres/sql-percent.ts'
import { splitStatements } from '../../../postgres/sql-scan.ts'
import type { Fault, Rule } from '../../contract.ts'
import { givenOf, refusal } from '../../rules.ts'

/** SQL of a task with the values for its places: `$1` of `params`, `%s` and `%(name)s` of the other two. */
export interface Query {
  readonly query: readonly string[]
  readonly params?: readonly SqlValue[] | undefined
  readonly positional_args?: readonly SqlValue[] | undefined
  readonly named_args?: Readonly<Record<string, SqlValue>> | undefined
}

export interface Statement {
  readonly written: string
  /** With values in their places. */
  readonly bound: string
}

/**
 * The statements in SQL texts.
 *
 * @throws module/bad-parameter where there is none, postgres/bad-query for a quote that does not end
 */
export const splitQueries = (queries: readonly string[]): string[] => {
  const statements = queries.flatMap((query) => splitStatements(query))
  if (statements.length > 0) return statements
  throw new LifeboatError('module/bad-parameter', 'query has no statement in it')
}

/**
 * The statements of a query, each with its values in their places.
 *
 * @throws postgres/bad-query for a place without a value, or a value without a place
 */
export const statementsOf = (given: Query): Statement[] => {
  const { params, positional_args: positional, named_args: named } = given
  return splitQueries(given.query).map((written) => {
    if (positional !== undefined || named !== undefined) {
      return { written, bound: bindPercent(written, positional ?? [], namedIn(written, named ?? {})) }
    }
    return { written, bound: params === undefined ? written : bindParameters(written, params) }
  })
}

// Several statements share the named values: each takes those it has places for.
const namedIn = (statement: string, named: Readonly<Record<string, SqlValue>>): Record<string, SqlValue> =>
  Object.fromEntries(Object.entries(named).filter(([name]) => statement.includes(`%(${name})s`)))

/** How a query and its values must fit together. */
export const valueRules = (given: Query): Rule[] => [
  () => mixed(given),
  () => (mixed(given) ? undefined : (misplaced(given) ?? refusal('query', () => statementsOf(given)))),
]

const mixed = (given: Query): Fault | undefined => {
  const [other] = givenOf(given, ['positional_args', 'named_args'])
  if (other === undefined || given.params === undefined) return undefined
  return bad(other, 'params does not go with positional_args or named_args', [
    'params fills the places $1, $2, …; the other two fill %s and %(name)s',
  ])
}

const misplaced = (given: Query): Fault | undefined => {
  const statements = splitQueries(given.query)
  const [positional] = givenOf(given, ['params', 'positional_args'])
  if (positional !== undefined && statements.length > 1) {
    return bad(positional, 'values by position need a single statement', [
      'use named_args, or a task for each statement',
    ])
  }
  const names = Object.keys(given.named_args ?? {})
  const unused = names.filter((name) => !statements.some((text) => text.includes(`%(${name})s`)))
  if (unused.length === 0) return undefined
  return bad('named_args', `query has no place for ${unused.map((name) => `%(${name})s`).join(', ')}`)
}

const bad = (at: string, message: string, hints: readonly string[] = []): Fault => ({
  at,
  error: new LifeboatError('module/bad-parameter', message, { hints }),
})
