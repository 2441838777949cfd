import { LifeboatError } from '../base/errors.ts'
import { scanSql } from './sql-scan.ts'

/** What can be given for a parameter. Objects become JSON. */
export type SqlValue =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | readonly SqlValue[]
  | { readonly [key: string]: unknown }

/** Quotes a name: `"my table"`. */
export const quoteIdentifier = (name: string): string => {
  if (name === '' || name.includes('\0')) throw bad('a name in SQL cannot be empty or hold a NUL byte')
  return `"${name.replaceAll('"', '""')}"`
}

/**
 * Writes a value as a literal, safe whatever it holds and whatever standard_conforming_strings says. A string has no
 * type of its own: it takes the one its place asks for.
 *
 * @throws postgres/bad-query for a NUL byte, which PostgreSQL cannot hold
 */
export const quoteLiteral = (value: SqlValue): string => {
  if (value === null || value === undefined) return 'NULL'
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE'
  if (typeof value === 'bigint') return number(value.toString())
  if (typeof value === 'number') return Number.isFinite(value) ? number(String(value)) : `'${value}'::float8`
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) return value.length === 0 ? `'{}'` : `ARRAY[${value.map(quoteLiteral).join(', ')}]`
  return text(JSON.stringify(value))
}

/**
 * Puts values in the places `$1`, `$2` … of a statement. Places inside strings and comments are not touched. Unlike
 * parameters of the protocol this works in every statement, `ALTER SYSTEM` and DDL too.
 *
 * @throws postgres/bad-query when a place has no value or a value no place
 */
export const bindParameters = (statement: string, values: readonly SqlValue[]): string => {
  const used = new Set<number>()
  const bound = scanSql(statement)
    .map((token) => {
      if (token.kind !== 'parameter') return token.text
      const index = Number(token.text.slice(1))
      if (index < 1 || index > values.length)
        throw bad(`the SQL asks for ${token.text}, and ${values.length} values are given`)
      used.add(index)
      return quoteLiteral(values[index - 1])
    })
    .join('')
  if (used.size < values.length) throw bad(`${values.length} values are given, and the SQL has places for ${used.size}`)
  return bound
}

const bad = (message: string): LifeboatError => new LifeboatError('postgres/bad-query', message)

// In parentheses: two minus signs in a row would begin a comment, and -1::int2 binds otherwise.
const number = (digits: string): string => (digits.startsWith('-') ? `(${digits})` : digits)

const text = (value: string): string => {
  if (value.includes('\0')) throw bad('a text in PostgreSQL cannot hold a NUL byte')
  const doubled = value.replaceAll("'", "''")
  return doubled.includes('\\') ? ` E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`
}
