import { LifeboatError } from '../../base/errors.ts'
import { raw } from '../../base/quote.ts'
import type { RunResult } from '../../host/connection.ts'

/**
 * The result of a script of ours that must end well.
 *
 * @param what the task of the script, to be read behind "cannot": `write /etc/motd`
 * @throws module/script-failed with what the host said
 */
export const succeed = (result: RunResult, what: string): RunResult => {
  if (result.status === 0) return result
  const said = result.stderr.trim() || result.stdout.trim() || `exit status ${result.status}`
  throw new LifeboatError('module/script-failed', `cannot ${what}: ${said.split('\n').at(-1)}`, {
    data: { rc: result.status, stdout: result.stdout, stderr: result.stderr },
  })
}

/** Shell functions of scripts that answer with fields: `put NAME VALUE`, each field ended by a NUL byte. */
export const PUT = raw(`put() { printf '%s=%s\\0' "$1" "$2"; }`)

/**
 * Reads the fields that a script wrote with `put`, in order. A field named `content` is the last one: all bytes behind
 * it are its value.
 */
export const readPairs = (result: RunResult): { pairs: [string, string][]; content: Buffer | undefined } => {
  const bytes = result.stdoutBytes
  const pairs: [string, string][] = []
  let start = 0
  while (start < bytes.length) {
    if (bytes.subarray(start, start + CONTENT.length).equals(CONTENT)) {
      return { pairs, content: bytes.subarray(start + CONTENT.length) }
    }
    const zero = bytes.indexOf(0, start)
    const end = zero < 0 ? bytes.length : zero
    const field = bytes.subarray(start, end).toString()
    const equals = field.indexOf('=')
    if (equals > 0) pairs.push([field.slice(0, equals), field.slice(equals + 1)])
    start = end + 1
  }
  return { pairs, content: undefined }
}

/** The same as a map, for scripts that put each name once. */
export const readFields = (result: RunResult): ReadonlyMap<string, string> => new Map(readPairs(result).pairs)

/** Shell text that begins the field `content`. */
export const BEGIN_CONTENT = raw("printf 'content='")
const CONTENT = Buffer.from('content=')
