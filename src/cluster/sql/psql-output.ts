import { LifeboatError } from '../../base/errors.ts'
import { firstKeyword } from '../../postgres/sql-scan.ts'
import { decodeValue, type SqlField } from './decode.ts'
import type { Marks, PsqlStatement } from './psql-input.ts'

/** What a statement gave. */
export interface SqlResult<T = Record<string, unknown>> {
  readonly rows: readonly T[]
  readonly fields: readonly SqlField[]
  /** Rows returned or affected. */
  readonly rowCount: number
  /** The server's command tag: `SELECT 3`, `INSERT 0 1`, `CREATE TABLE`. */
  readonly command: string
}

/** Reads psql's output: the results of the statements that were finished, in order. */
export const parsePsqlOutput = (stdout: string, statements: readonly PsqlStatement[], marks: Marks): SqlResult[] => {
  const results: SqlResult[] = []
  let rest = stdout
  for (const statement of statements) {
    const [columns, rows, after] = cut(rest, marks) ?? []
    if (columns === undefined || rows === undefined || after === undefined) break
    results.push(statement.describe ? described(statement, columns, rows, marks) : asJson(statement, rows, marks))
    rest = after
  }
  return results
}

const cut = (text: string, marks: Marks): [string, string, string] | undefined => {
  const columns = text.indexOf(`${marks.columns}\n`)
  const rows = text.indexOf(`${marks.rows}\n`, columns)
  const end = text.indexOf(`${marks.end}\n`, rows)
  if (columns === -1 || rows === -1 || end === -1) return undefined
  return [
    text.slice(columns + marks.columns.length + 1, rows),
    text.slice(rows + marks.rows.length + 1, end),
    text.slice(end + marks.end.length + 1),
  ]
}

/** A table as psql prints it without alignment: names, rows, and behind the last record `(3 rows)` and the tag. */
const table = (text: string, marks: Marks): { names: string[]; rows: (string | null)[][]; tag: string } | undefined => {
  const records = text.split(marks.record)
  const footer = records.at(-1) ?? ''
  const count = /^\((\d+) rows?\)\n/.exec(footer)
  if (!count || records.length < 2) return undefined
  const cells = records.slice(0, -1).map((record) => record.split(marks.field))
  return {
    names: cells[0] ?? [],
    rows: cells.slice(1).map((row) => row.map((cell) => (cell === marks.null ? null : cell))),
    tag: footer.slice(count[0].length).trim(),
  }
}

const described = (statement: PsqlStatement, columns: string, text: string, marks: Marks): SqlResult => {
  const fields = (table(columns, marks)?.rows ?? []).map(([name, type]) => ({ name: name ?? '', type: type ?? '' }))
  const result = fields.length > 0 ? table(text, marks) : undefined
  if (result === undefined) {
    // Rows without any column: psql prints only how many there are.
    const empty = /^\s*\((\d+) rows?\)$/.exec(text.split(marks.record).at(-1)?.trimEnd() ?? '')
    const command = empty ? tagOf(statement.text, Number(empty[1])) : (text.trim().split('\n').at(-1) ?? '')
    return { rows: [], fields, rowCount: countOf(command), command }
  }
  const rows = result.rows.map((row) =>
    Object.fromEntries(
      fields.map(({ name, type }, index) => {
        const cell = row[index] ?? null
        return [name, cell === null ? null : decodeValue(cell, type)]
      }),
    ),
  )
  return { rows, fields, rowCount: rows.length, command: result.tag || tagOf(statement.text, rows.length) }
}

/** The result of a statement that asked for each row as one JSON object. */
const asJson = (statement: PsqlStatement, text: string, marks: Marks): SqlResult => {
  const result = table(text, marks)
  if (result === undefined) {
    const command = text.trim().split('\n').at(-1) ?? ''
    return { rows: [], fields: [], rowCount: countOf(command), command }
  }
  const json = result.names.length === 1 && result.names[0] === JSON_COLUMN
  const rows = result.rows.map((row) =>
    json
      ? (JSON.parse(row[0] ?? 'null') as Record<string, unknown>)
      : Object.fromEntries(result.names.map((name, index) => [name, row[index] ?? null])),
  )
  const names = json ? Object.keys(rows[0] ?? {}) : result.names
  return {
    rows,
    fields: names.map((name) => ({ name, type: 'unknown' })),
    rowCount: rows.length,
    command: result.tag || tagOf(json ? 'SELECT' : statement.text, rows.length),
  }
}

const JSON_COLUMN = 'lifeboat_row'

/** Wraps a query so that its rows carry their types as JSON: for psql 10, which cannot describe. */
export const wrapAsJson = (statement: string): string =>
  /^(SELECT|VALUES|TABLE|WITH)$/.test(firstKeyword(statement))
    ? `SELECT row_to_json(lifeboat_query) AS ${JSON_COLUMN} FROM (${statement}\n) AS lifeboat_query`
    : statement

// psql prints no tag for queries.
const tagOf = (statement: string, count: number): string => {
  const keyword = firstKeyword(statement)
  return /^(SELECT|VALUES|TABLE|WITH|EXECUTE)$/.test(keyword) ? `SELECT ${count}` : keyword
}

const countOf = (tag: string): number => Number(/ (\d+)$/.exec(tag)?.[1] ?? 0)

/** An error in the output that is none of PostgreSQL's. */
export const badOutput = (what: string): LifeboatError => new LifeboatError('lifeboat/bug', `psql: ${what}`)
