import { LifeboatError } from '../base/errors.ts'

/** Where a tablespace outside the data directory stands. */
export interface Tablespace {
  /** Name of its link in `pg_tblspc`. */
  readonly oid: number
  /** Absolute path of its directory. */
  readonly location: string
}

/**
 * Reads a `tablespace_map`: an OID, one space and a path a line; a backslash makes the next character literal, a line
 * end too (trap R23; read_tablespace_map in the server).
 *
 * @throws postgres/bad-tablespace-map
 */
export const parseTablespaceMap = (text: string): Tablespace[] => {
  const tablespaces: Tablespace[] = []
  let line = ''
  let escaped = false
  const flush = (): void => {
    if (line !== '') tablespaces.push(readLine(line))
    line = ''
  }
  for (const character of text) {
    if (escaped) {
      line += character
      escaped = false
    } else if (character === '\\') escaped = true
    else if (character === '\n' || character === '\r') flush()
    else line += character
  }
  if (escaped || line !== '') throw bad(`it ends in the middle of "${line}"`)
  return tablespaces
}

/** Writes a `tablespace_map` that the server reads back as these tablespaces. */
export const formatTablespaceMap = (tablespaces: readonly Tablespace[]): string =>
  tablespaces.map(({ oid, location }) => `${oid} ${location.replaceAll(/[\\\n\r]/g, '\\$&')}\n`).join('')

const readLine = (line: string): Tablespace => {
  const match = /^(\d+) ([\s\S]+)$/.exec(line)
  if (!match) throw bad(`"${line}" is not an OID and a path`)
  return { oid: Number(match[1]), location: match[2] ?? '' }
}

const bad = (what: string): LifeboatError => new LifeboatError('postgres/bad-tablespace-map', `tablespace_map: ${what}`)
