import { z } from 'zod'
import { LifeboatError } from '../../base/errors.ts'
import type { Sql, SqlResult } from '../../cluster/sql.ts'
import { effectOf, tagTellsChange } from '../../postgres/sql-effect.ts'
import { type ActionResult, defineAction } from '../contract.ts'
import { anything, bool, mapping, parameterTypes, text } from '../shared/params.ts'
import { understood } from '../shared/understood.ts'
import { clusterParam } from './shared/cluster-param.ts'
import { openCluster } from './shared/open-cluster.ts'
import { type Statement, splitQueries, statementsOf, valueRules } from './shared/statements.ts'

const queries = understood(
  z
    .union([z.string(), z.array(z.string())], { error: 'must be SQL text or a list of them' })
    .transform((value) => (typeof value === 'string' ? [value] : value)),
  splitQueries,
).register(parameterTypes, { type: 'str or list' })

const values = z.array(anything).register(parameterTypes, { type: 'list' })

const paramsSchema = z.strictObject({
  cluster: clusterParam,
  query: queries.describe('SQL: one or several statements, or a list of them.'),
  db: text.default('postgres').describe('The database.'),
  params: values.optional().describe('Values for the places `$1`, `$2`, … of a single query.'),
  positional_args: values.optional().describe('Values for the places `%s`, in order; `%%` is then a percent sign.'),
  named_args: mapping.optional().describe('Values for the places `%(name)s`.'),
  autocommit: bool
    .default(false)
    .describe('Each statement by itself, for those that no transaction allows (`VACUUM`, `ALTER SYSTEM`).'),
  read_only: bool.default(false).describe('Refuses whatever would write.'),
})

export default defineAction({
  kind: 'action',
  summary: 'Runs SQL in a cluster, and gives its rows typed.',
  description: [
    'All statements run in one transaction, unless `autocommit` is set. Values never become part of the text: whatever they hold, they stay values.',
    'Integers, booleans, arrays and JSON come as such, timestamps in ISO 8601, `numeric` and what else has no equal as text.',
    'The task has changed something when its transaction wrote; with `autocommit`, when a command tag says so. In check mode a query runs read-only and gives its rows; one that would write is reported as changed and not run, and one that calls a function with effects outside its transaction (`pg_switch_wal()`) is skipped.',
  ].join('\n\n'),
  examples: [
    {
      title: 'Rows for a condition',
      yaml: '- postgresql_query:\n    db: shop\n    query: SELECT count(*) AS orders FROM orders WHERE day = $1\n    params: ["2026-11-22"]\n  register: today\n- debug:\n    msg: "{{ today.query_result[0].orders }} orders"',
    },
    {
      title: 'As in community.postgresql',
      yaml: '- postgresql_query:\n    query: UPDATE t SET done = %(done)s WHERE id = %(id)s\n    named_args: { done: true, id: 7 }',
    },
  ],
  params: paramsSchema,
  rules: valueRules,
  aliases: { login_db: 'db' },
  returns: {
    query_result: 'Rows of the last statement: a list of mappings.',
    query_all_results: 'The same for every statement.',
    query_list: 'The statements, as they were written.',
    query: 'The last statement.',
    rowcount: 'Rows returned or affected, of all statements together.',
    statusmessage: "PostgreSQL's answer to the last statement: `INSERT 0 1`.",
  },
  async check(ctx, given) {
    const statements = statementsOf(given)
    const effects = statements.map(({ bound }) => effectOf(bound))
    if (effects.includes('writes')) return { changed: true, fields: { query_list: listOf(statements) } }
    if (effects.includes('acts')) return undefined
    const { db } = await openCluster(ctx, given.cluster)
    const reader = db.with({ database: given.db, readOnly: true, transaction: true, signal: ctx.signal })
    try {
      return report(statements, await reader.queries(statements.map(({ bound }) => bound)), false)
    } catch (error) {
      if (!isWriteRefused(error) || given.read_only) throw error
      return { changed: true, fields: { query_list: listOf(statements) } }
    }
  },
  async act(ctx, given) {
    const statements = statementsOf(given)
    const { db } = await openCluster(ctx, given.cluster)
    const texts = statements.map(({ bound }) => bound)
    const target = db.with({ database: given.db, readOnly: given.read_only, signal: ctx.signal })
    if (given.autocommit) {
      const results = await target.queries(texts)
      return report(
        statements,
        results,
        results.some((result) => tagTellsChange(result.command)),
      )
    }
    const [results, wrote] = await inTransaction(target, texts)
    return report(statements, results, wrote)
  },
})

const WROTE = 'SELECT txid_current_if_assigned() IS NOT NULL AS wrote'

/** A transaction gets an id when it first writes; that tells more than a tag: a function behind SELECT may write. */
const inTransaction = async (db: Sql, texts: readonly string[]): Promise<[readonly SqlResult[], boolean]> => {
  const results = await db.with({ transaction: true }).queries([...texts, { text: WROTE, uncounted: true }])
  const own = results.slice(0, -1)
  const wrote = results.at(-1)?.rows[0]?.wrote === true
  // A sequence that was drawn from for no row, or a lock, is no change a user means.
  const rows = own.some((result) => tagTellsChange(result.command))
  const reads = own.some((result) => /^(SELECT|EXPLAIN|DO|CALL)/.test(result.command))
  return [own, wrote && (rows || reads)]
}

const report = (statements: readonly Statement[], results: readonly SqlResult[], changed: boolean): ActionResult => {
  const last = results.at(-1)
  return {
    changed,
    fields: {
      query: statements.at(-1)?.written,
      query_list: listOf(statements),
      query_result: last?.rows ?? [],
      query_all_results: results.map((result) => result.rows),
      rowcount: results.reduce((sum, result) => sum + result.rowCount, 0),
      statusmessage: last?.command ?? '',
    },
  }
}

const listOf = (statements: readonly Statement[]): string[] => statements.map(({ written }) => written)

const isWriteRefused = (error: unknown): boolean =>
  error instanceof LifeboatError && error.code === 'postgres/sql' && error.data.sqlstate === '25006'
