import { z } from 'zod'
import type { Rule } from '../../contract.ts'
import { fault } from '../../rules.ts'
import type { Accounts } from '../file-attributes.ts'
import { group, owner } from '../file-params.ts'
import type { FileState } from '../file-state.ts'
import { mode } from '../mode-param.ts'
import { bool, path, text } from '../params.ts'

const time = text
  .refine(
    (word) => /^(preserve|now|\d{12}\.\d{2})$/.test(word),
    'must be "now", "preserve" or a time as YYYYMMDDhhmm.SS',
  )
  .optional()

/** Parameters of the `file` module. */
export const fileParams = z.strictObject({
  path: path.describe('The place on the host.'),
  state: z
    .enum(['absent', 'directory', 'file', 'hard', 'link', 'touch'])
    .optional()
    .describe('What is to be there. `file` only sets attributes and fails where nothing is. Default: what is there.'),
  src: path.optional().describe('What a link points to, for `link` and `hard`.'),
  mode: mode.optional().describe('Mode: octal in quotes (`"0750"`) or symbolic (`u=rwX,g=rX,o=`).'),
  owner,
  group,
  recurse: bool.default(false).describe('Sets owner, group and mode in everything below a folder too.'),
  force: bool
    .default(false)
    .describe('Links to what does not exist, and puts a link in the place of a file or empty folder.'),
  follow: bool.default(true).describe('Where path is a link, sets the attributes of what it points to.'),
  access_time: time.describe(
    '`now`, `preserve`, or a time of the host as `YYYYMMDDhhmm.SS`. Default: `now` for touch.',
  ),
  modification_time: time.describe('The same for the time of the last modification.'),
})

export type FileParams = z.output<typeof fileParams>

export const fileRules = (given: FileParams): Rule[] => [
  () =>
    ['link', 'hard'].includes(given.state ?? '') && given.src === undefined
      ? fault('state', '"src" is needed for a link')
      : undefined,
  () =>
    given.recurse && ![undefined, 'directory'].includes(given.state)
      ? fault('recurse', '"recurse" is for folders only')
      : undefined,
]

export interface FileTaskState {
  readonly file: FileState
  readonly accounts: Accounts
  /** What a link points to, or is to point to: through all links. */
  readonly source: FileState | undefined
  /** Folders above and including the path that do not exist, from the top. */
  readonly missing: readonly string[]
  /** A folder with nothing in it. */
  readonly isEmpty: boolean
  /** Everything below, with `recurse`. */
  readonly below: readonly FileState[]
  /** Times as `touch -t` writes them, in the host's zone. */
  readonly times: { readonly accessed: string; readonly modified: string }
}
