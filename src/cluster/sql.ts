import { randomBytes } from 'node:crypto'
import { LifeboatError } from '../base/errors.ts'
import { sh } from '../base/quote.ts'
import type { Session } from '../host/connection.ts'
import { bindParameters, type SqlValue } from '../postgres/sql-literal.ts'
import { splitStatements } from '../postgres/sql-scan.ts'
import type { Cluster } from './locate.ts'
import { psqlError } from './sql/psql-error.ts'
import { marksOf, type PsqlStatement, psqlInput } from './sql/psql-input.ts'
import { badOutput, parsePsqlOutput, type SqlResult, wrapAsJson } from './sql/psql-output.ts'

export type { SqlValue } from '../postgres/sql-literal.ts'
export type { SqlField } from './sql/decode.ts'
export type { SqlResult } from './sql/psql-output.ts'

export interface SqlOptions {
  /** Default `postgres`. */
  readonly database?: string | undefined
  /** Transactions are read-only unless they say otherwise. */
  readonly readOnly?: boolean | undefined
  /** Everything of one call in one transaction: all or nothing. Some statements (ALTER SYSTEM, VACUUM) refuse it. */
  readonly transaction?: boolean | undefined
  /** Seconds. */
  readonly timeout?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface SqlQuery {
  /** One or several statements, with the places `$1` … for parameters. */
  readonly text: string
  readonly params?: readonly SqlValue[] | undefined
  /** A query of ours beside those of a user: an error's "statement 1 of 2" does not count it. Only as the last. */
  readonly uncounted?: boolean
}

/** Results by the types of their rows: `queries<[A, B]>` gives a result of A and one of B. */
export type SqlResults<Rows extends readonly unknown[]> = { readonly [K in keyof Rows]: SqlResult<Rows[K]> }

/** SQL on one cluster. */
export interface Sql {
  /**
   * Runs SQL and gives the result of its last statement.
   *
   * @throws postgres/sql with `data.sqlstate`, postgres/not-running, postgres/starting, postgres/connect,
   *   postgres/bad-query
   */
  query<T = Record<string, unknown>>(text: string, params?: readonly SqlValue[]): Promise<SqlResult<T>>
  /** Runs several queries in one round trip and one connection; stops at the first that fails. */
  queries<Rows extends readonly unknown[] = Record<string, unknown>[]>(
    queries: readonly (string | SqlQuery)[],
  ): Promise<SqlResults<Rows>>
  /** The same cluster with other options. */
  with(options: SqlOptions): Sql
}

/**
 * SQL through psql in a session of the cluster's owner, whom peer authentication lets in. Text and parameters travel
 * on stdin alone, never as arguments that `ps` shows.
 */
export const sql = (session: Session, cluster: Cluster, options: SqlOptions = {}): Sql => {
  const run = async (queries: readonly (string | SqlQuery)[]): Promise<SqlResult[]> => {
    const describe = cluster.majorVersion === 0 || cluster.majorVersion > 10
    const groups = queries.map((query) => statementsOf(query, describe))
    if (groups.some((group) => group.length === 0)) return rejectEmpty()
    const own = (text: string): PsqlStatement[] => (options.transaction ? [{ text, describe }] : [])
    const begin = own(options.readOnly ? 'BEGIN READ ONLY' : 'BEGIN')
    const statements = [...begin, ...groups.flat(), ...own('COMMIT')]
    const counted = groups.filter((_, index) => !isUncounted(queries[index])).flat().length
    const results = await runPsql(session, cluster, options, statements, { skipped: begin.length, counted })
    let next = begin.length - 1
    return groups.map((group) => {
      next += group.length
      return results[next] ?? missing()
    })
  }
  return {
    query: async <T>(text: string, params: readonly SqlValue[] = []) =>
      ((await run([{ text, params }]))[0] ?? missing()) as SqlResult<T>,
    queries: async <Rows extends readonly unknown[]>(queries: readonly (string | SqlQuery)[]) =>
      (await run(queries)) as unknown as SqlResults<Rows>,
    with: (more) => sql(session, cluster, { ...options, ...more }),
  }
}

const isUncounted = (query: string | SqlQuery | undefined): boolean =>
  typeof query === 'object' && query.uncounted === true

const statementsOf = (query: string | SqlQuery, describe: boolean): PsqlStatement[] => {
  const { text, params = [] } = typeof query === 'string' ? { text: query } : query
  return splitStatements(params.length > 0 ? bindParameters(text, params) : text).map((statement) => ({
    text: describe ? statement : wrapAsJson(statement),
    describe,
  }))
}

const runPsql = async (
  session: Session,
  cluster: Cluster,
  options: SqlOptions,
  statements: readonly PsqlStatement[],
  { skipped, counted }: { readonly skipped: number; readonly counted: number },
): Promise<SqlResult[]> => {
  const marks = marksOf(randomBytes(12).toString('hex'))
  const result = await session.run(psqlScript(cluster, options), {
    stdin: psqlInput(statements, marks),
    ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const results = parsePsqlOutput(result.stdout, statements, marks)
  if (result.status === 0 && results.length === statements.length) return results
  // A failing COMMIT (a deferred constraint) counts with the last statement.
  const failed = Math.min(counted, Math.max(1, results.length + 1 - skipped))
  throw psqlError(result, cluster, failed, counted)
}

/** The script that starts psql. Nothing of the session's environment may lead it to another server. */
export const psqlScript = (cluster: Cluster, options: SqlOptions = {}): string => {
  const settings = ['-c standard_conforming_strings=on']
  if (options.readOnly) settings.push('-c default_transaction_read_only=on')
  const environment = {
    LC_ALL: 'C',
    PGHOST: cluster.socketDirectory,
    PGPORT: cluster.port,
    PGDATABASE: options.database ?? 'postgres',
    PGAPPNAME: 'lifeboat',
    PGCLIENTENCODING: 'UTF8',
    PGDATESTYLE: 'ISO',
    PGCONNECT_TIMEOUT: 10,
    PGOPTIONS: settings.join(' '),
  }
  const assignments = Object.entries(environment).map(([name, value]) => sh`export ${name}=${value}`.text)
  return [
    'unset PGSERVICE PGSERVICEFILE PGHOSTADDR PGTARGETSESSIONATTRS PGLOADBALANCEHOSTS',
    ...assignments,
    sh`exec ${`${cluster.binDirectory}/psql`} -X -w -v ON_ERROR_STOP=1`.text,
  ].join('\n')
}

const rejectEmpty = (): never => {
  throw new LifeboatError('postgres/bad-query', 'there is no statement in the SQL')
}

const missing = (): never => {
  throw badOutput('a statement left no result')
}
