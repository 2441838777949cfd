import { LifeboatError } from '../base/errors.ts'

/** A libpq connection string as its keywords, in the order in which they were given; of one that stands twice the last. */
export type Conninfo = ReadonlyMap<string, string>

const PAIR = /\s*([A-Za-z_]+)\s*=\s*(?:'((?:[^'\\]|\\[\s\S])*)'|((?:[^\s'\\]|\\[\s\S])(?:[^\s\\]|\\[\s\S])*)?)(?=\s|$)/y

/**
 * Reads a connection string of keywords and values (manual: Connection Strings): `host=db1 port=5432 user=replicator`.
 * No message holds any of it, for it may hold a password.
 *
 * @throws postgres/bad-conninfo
 */
export const parseConninfo = (text: string): Conninfo => {
  if (/^\s*postgres(ql)?:\/\//.test(text)) {
    throw bad('a connection string in the form of a URI', ['write keywords: host=db1 port=5432 user=replicator'])
  }
  const found = new Map<string, string>()
  const trimmed = text.trimEnd()
  PAIR.lastIndex = 0
  while (PAIR.lastIndex < trimmed.length) {
    const match = PAIR.exec(trimmed)
    const [, name, quoted, plain] = match ?? []
    if (name === undefined) throw bad('a connection string that is not made of keyword=value', [FORM])
    const value = (quoted ?? plain ?? '').replaceAll(/\\([\s\S])/g, '$1')
    if (/[\n\r\0]/.test(value)) throw bad(`a line end in the value of ${name}`, [FORM])
    found.delete(name)
    found.set(name, value)
  }
  return found
}

/** Writes keywords as a connection string. */
export const formatConninfo = (conninfo: Conninfo): string =>
  [...conninfo]
    .map(([name, value]) => {
      const plain = value !== '' && !/[\s'\\]/.test(value)
      return `${name}=${plain ? value : `'${value.replaceAll(/['\\]/g, '\\$&')}'`}`
    })
    .join(' ')

/** Keywords whose values no output may show. */
const SECRETS = ['password', 'sslpassword', 'oauth_client_secret', 'scram_client_key', 'scram_server_key']

/** A connection for people, without anything secret: `host=db1 port=5432, as replicator`. */
export const describeConninfo = (conninfo: Conninfo): string => {
  const place = ['host', 'hostaddr', 'port'].flatMap((name) => {
    const value = conninfo.get(name)
    return value === undefined || value === '' ? [] : [`${name}=${value}`]
  })
  const user = conninfo.get('user')
  return `${place.join(' ') || 'the local socket'}${user === undefined ? '' : `, as ${user}`}`
}

/** Whether two connections are the same but for the password and where it is kept. */
export const sameConninfo = (a: Conninfo, b: Conninfo): boolean => {
  const words = (conninfo: Conninfo): string =>
    JSON.stringify([...conninfo].filter(([name]) => name !== 'passfile' && !SECRETS.includes(name)).sort())
  return words(a) === words(b)
}

/** Whether a connection has every keyword of another one with its value, but for the password and where it is kept. */
export const includesConninfo = (whole: Conninfo, part: Conninfo): boolean =>
  [...part].every(([name, value]) => name === 'passfile' || SECRETS.includes(name) || whole.get(name) === value)

/** The line of a password file that gives a password to every connection which the file is named for (manual: .pgpass). */
export const passfileLine = (password: string): string => `*:*:*:*:${password.replaceAll(/[\\:]/g, '\\$&')}\n`

const FORM = "a value with spaces stands in single quotes; ' and \\ in it have a backslash in front"

const bad = (what: string, hints: readonly string[]): LifeboatError =>
  new LifeboatError('postgres/bad-conninfo', `${what} cannot be used here`, { hints })
