import type { YAMLError } from 'yaml'
import { LifeboatError } from '../../base/errors.ts'
import type { Source } from '../../base/position.ts'
import { locate } from '../lines.ts'

const HINTS: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'a text that holds ": " must be in quotes',
  BAD_SCALAR_START: 'put the text in quotes',
  BAD_DQ_ESCAPE: 'write a backslash twice inside double quotes, or use single quotes',
  MULTILINE_IMPLICIT_KEY: 'check the indentation, and that the line above has its colon and its quotes',
  BAD_INDENT: 'check the indentation and that every bracket above is closed',
  MISSING_CHAR: 'close what is open in the lines above: a quote, a bracket, a colon after a key',
  UNEXPECTED_TOKEN:
    'a value that begins with a quote must end with it: put the whole value in the other kind of quotes',
  IMPOSSIBLE: 'check the indentation of this line and of the line above',
}

const MESSAGES: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'a second ": " on one line',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line and end in a colon',
}

/** The message of the YAML parser as an error of ours, with what is most likely meant. */
export const syntaxError = (error: YAMLError, source: Source): LifeboatError => {
  const where = locate(source, error.pos[0], Math.max(1, Math.min(error.pos[1], source.text.length) - error.pos[0]))
  if (error.code === 'TAB_AS_INDENT') {
    return new LifeboatError('yaml/tab', 'a tab stands where only spaces may', {
      where,
      hints: ['indent with spaces'],
    })
  }
  const line = source.text.split('\n')[where.line - 1] ?? ''
  const template = /(?:^\s*|[:-]\s+)(\{\{.*)/.exec(line)
  if (template && error.code !== 'BLOCK_AS_IMPLICIT_KEY') {
    const column = template.index + template[0].length - (template[1] ?? '').length + 1
    return unquotedTemplate({ source, line: where.line, column, length: (template[1] ?? '').trimEnd().length })
  }
  const message =
    MESSAGES[error.code] ??
    `${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`.replace('"quote', 'quote')
  const hint = HINTS[error.code]
  return new LifeboatError('yaml/syntax', message, { where, hints: hint ? [hint] : [] })
}

/** A value that begins with `{{` without quotes: YAML reads braces as a mapping. */
export const unquotedTemplate = (where: NonNullable<LifeboatError['where']>): LifeboatError => {
  const text = where.source.text.split('\n')[where.line - 1] ?? ''
  const value = text.slice(where.column - 1).trimEnd()
  const quotes = value.includes('"') ? "'" : '"'
  return new LifeboatError('yaml/unquoted-template', 'a template must be in quotes, else YAML takes it for a mapping', {
    where,
    hints: value.startsWith('{{') ? [`quote the template: ${quotes}${value}${quotes}`] : ['quote the template'],
  })
}
