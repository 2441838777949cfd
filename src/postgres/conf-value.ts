import { LifeboatError } from '../base/errors.ts'

/**
 * Quotes a value for postgresql.conf: in single quotes, quotes doubled, and backslashes too, for the file knows the
 * escapes of C (manual: Setting Parameters). A value cannot hold a line end except as an escape.
 *
 * @throws postgres/bad-setting for a NUL byte
 */
export const quoteConfValue = (value: string): string => {
  if (value.includes('\0')) throw new LifeboatError('postgres/bad-setting', 'a setting cannot hold a NUL byte')
  const escaped = value.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\n', '\\n').replaceAll('\r', '\\r')
  return `'${escaped}'`
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/** Takes the quotes off a value from postgresql.conf and resolves its escapes; one without quotes stays as it is. */
export const unquoteConfValue = (text: string): string => {
  if (!text.startsWith("'")) return text
  return text.slice(1, -1).replaceAll(/\\([0-7]{1,3}|[\s\S])|''/g, (_, code: string | undefined) => {
    if (code === undefined) return "'"
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8) & 0xff)
    return ESCAPES[code] ?? code
  })
}
