import { LifeboatError } from '../base/errors.ts'
import { quoteLiteral, type SqlValue } from './sql-literal.ts'
import { type SqlToken, scanSql } from './sql-scan.ts'

/**
 * Puts values in the places that Python's drivers know: `%s` takes the next of a list, `%(name)s` one by name, `%%` is a
 * percent sign. Places inside strings and comments are no places; `%%` is resolved in strings too, as there.
 *
 * @throws postgres/bad-query when a place has no value, a value no place, or a percent sign stands alone
 */
export const bindPercent = (
  statement: string,
  positional: readonly SqlValue[],
  named: Readonly<Record<string, SqlValue>>,
): string => {
  let next = 0
  const used = new Set<string>()
  const place = (whole: string, name: string | undefined): string => {
    if (whole === '%%') return '%'
    if (whole === '%') {
      throw bad('the SQL has a percent sign that is no place for a value', ['write %% for a percent sign'])
    }
    if (name === undefined) {
      if (next >= positional.length) throw bad(`the SQL has more places %s than the ${positional.length} values given`)
      return quoteLiteral(positional[next++])
    }
    if (!Object.hasOwn(named, name)) throw bad(`the SQL asks for %(${name})s, which is not among the named values`)
    used.add(name)
    return quoteLiteral(named[name])
  }
  const bound = pieces(scanSql(statement))
    .map(({ text, literal }) =>
      literal ? text.replaceAll('%%', '%') : text.replaceAll(/%(?:%|s|\(([^)]*)\)s)?/g, place),
    )
    .join('')
  if (next < positional.length) throw bad(`${positional.length} values are given, and the SQL has ${next} places %s`)
  const unused = Object.keys(named).filter((name) => !used.has(name))
  if (unused.length > 0) throw bad(`the SQL has no place for ${unused.map((name) => `%(${name})s`).join(', ')}`)
  return bound
}

/** Neighbouring tokens as one text, as places are made of several; strings and comments apart. */
const pieces = (tokens: readonly SqlToken[]): { text: string; literal: boolean }[] => {
  const result: { text: string; literal: boolean }[] = []
  for (const token of tokens) {
    const literal = token.kind === 'quoted' || (token.kind === 'blank' && token.text.trim() !== '')
    const last = result.at(-1)
    if (last && !last.literal && !literal) last.text += token.text
    else result.push({ text: token.text, literal })
  }
  return result
}

const bad = (message: string, hints: readonly string[] = []): LifeboatError =>
  new LifeboatError('postgres/bad-query', message, { hints })
