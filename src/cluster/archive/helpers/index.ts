import { createHash } from 'node:crypto'
import { GET } from './get.ts'
import { PROBE } from './probe.ts'
import { PUSH } from './push.ts'
import { SERVE } from './serve.ts'

export type HelperName = 'push' | 'get' | 'probe' | 'serve'

export interface Helper {
  readonly name: HelperName
  /** The whole file: a POSIX sh script. */
  readonly text: string
  /** SHA-256 of the file: its version. */
  readonly digest: string
}

const helper = (name: HelperName, text: string): Helper => ({
  name,
  text,
  digest: createHash('sha256').update(text).digest('hex'),
})

/** The scripts that live on a database host, the only ones: PostgreSQL calls them when no controller is near. */
export const HELPERS: readonly Helper[] = [helper('push', PUSH), helper('get', GET), helper('probe', PROBE)]

/** The script that lives on a repository host: all that the key of a database host can do there. */
export const SERVE_HELPER: Helper = helper('serve', SERVE)
