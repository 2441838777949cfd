import { LifeboatError } from '../../base/errors.ts'
import { scanSql } from '../../postgres/sql-scan.ts'

/** A statement on its way to psql. */
export interface PsqlStatement {
  readonly text: string
  /** psql can describe the columns (`\gdesc`, from 11 on); otherwise rows are asked for as JSON. */
  readonly describe: boolean
}

/** Markers of one call: they hold random text, so nothing in any row can be taken for one. */
export interface Marks {
  readonly field: string
  readonly record: string
  readonly null: string
  readonly columns: string
  readonly rows: string
  readonly end: string
}

export const marksOf = (nonce: string): Marks => ({
  field: `\u001f${nonce}`,
  record: `\u001e${nonce}`,
  null: `<${nonce}>`,
  columns: `columns ${nonce}`,
  rows: `rows ${nonce}`,
  end: `end ${nonce}`,
})

/**
 * Writes what psql reads: its output format, then each statement, first described and then executed, between marks.
 *
 * @throws postgres/bad-query for COPY FROM STDIN, for which the rest of the input would be data
 */
export const psqlInput = (statements: readonly PsqlStatement[], marks: Marks): string => {
  const head = [
    '\\set QUIET on',
    '\\set VERBOSITY verbose',
    '\\pset pager off',
    '\\pset format unaligned',
    '\\pset tuples_only off',
    '\\pset footer on',
    '\\pset title',
    `\\pset fieldsep '${marks.field}'`,
    `\\pset recordsep '${marks.record}'`,
    `\\pset null '${marks.null}'`,
    '\\set QUIET off',
  ]
  const body = statements.flatMap(({ text, describe }) => {
    const safe = plainForPsql(text)
    return describe
      ? [`\\echo '${marks.columns}'`, safe, '\\gdesc', `\\echo '${marks.rows}'`, '\\g', `\\echo '${marks.end}'`]
      : [`\\echo '${marks.columns}'`, `\\echo '${marks.rows}'`, safe, '\\g', `\\echo '${marks.end}'`]
  })
  return `${[...head, ...body].join('\n')}\n`
}

/** SQL that psql passes on as it stands: no `:name` that it would replace by a variable of its own. */
const plainForPsql = (statement: string): string => {
  const tokens = scanSql(statement)
  const words = tokens.filter((token) => token.kind === 'word').map((token) => token.text.toUpperCase())
  if (words[0] === 'COPY' && words.some((word, index) => word === 'FROM' && words[index + 1] === 'STDIN')) {
    throw new LifeboatError('postgres/bad-query', 'COPY FROM STDIN is not possible here', {
      hints: ['insert the rows, or copy a file to the host and use COPY FROM that file'],
    })
  }
  return tokens
    .map((token, index) => {
      if (token.kind !== 'colon' || tokens[index - 1]?.kind === 'colon') return token.text
      const next = tokens[index + 1]
      return next === undefined || next.kind === 'colon' || next.text.startsWith('=') ? token.text : `${token.text} `
    })
    .join('')
}
