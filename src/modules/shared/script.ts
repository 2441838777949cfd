import { LifeboatError } from '../../base/errors.ts'
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
export const PUT = `put() { printf '%s=%s\\0' "$1" "$2"; }`

/**
 * Reads the fields that a script wrote with `put`. A field named `content` is the last one: all bytes behind it are
 * its value.
 */
export const readFields = (result: RunResult): { fields: ReadonlyMap<string, string>; content: Buffer | undefined } => {
  const bytes = result.stdoutBytes
  const fields = new Map<string, string>()
  let start = 0
  while (start < bytes.length) {
    if (bytes.subarray(start, start + 8).equals(CONTENT)) return { fields, content: bytes.subarray(start + 8) }
    const end = bytes.indexOf(0, start)
    const field = bytes.subarray(start, end < 0 ? bytes.length : end).toString()
    const equals = field.indexOf('=')
    fields.set(field.slice(0, equals), field.slice(equals + 1))
    start = (end < 0 ? bytes.length : end) + 1
  }
  return { fields, content: undefined }
}

/** Shell text that begins the field `content`. */
export const BEGIN_CONTENT = `printf 'content='`
const CONTENT = Buffer.from('content=')
