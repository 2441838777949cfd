import { z } from 'zod'
import { compileRegex, expandReplacement } from '../../text/template/python/regex.ts'
import { defineModule } from '../contract.ts'
import type { Content } from '../shared/content.ts'
import { applyFile, type ContentState, fileChanges, fileFields } from '../shared/content-file.ts'
import { EDIT_ALIASES, editContent, editParams, inspectEdit } from '../shared/edit-file.ts'
import { text } from '../shared/params.ts'
import { regex } from '../shared/regex-param.ts'

const params = z.strictObject({
  ...editParams,
  regexp: regex.describe('Python regular expression over the whole file; `^` and `$` match at every line.'),
  replace: text.default('').describe('What every match becomes: `\\1` and `\\g<name>` are its groups.'),
  after: regex.optional().describe('Only what stands behind the first match of this is looked at.'),
  before: regex.optional().describe('Only what stands before the first match of this is looked at.'),
})

type Params = z.output<typeof params>

/** The part of a text that is looked at, as offsets; undefined where `after` or `before` is not found. */
const section = (content: string, given: Params): [number, number] | undefined => {
  let start = 0
  if (given.after !== undefined) {
    const match = compileRegex(given.after, { multiline: true }).exec(content)
    if (match === null) return undefined
    start = match.index + match[0].length
  }
  if (given.before === undefined) return [start, content.length]
  const match = compileRegex(given.before, { multiline: true }).exec(content.slice(start))
  return match === null ? undefined : [start, start + match.index]
}

const replaceAll = (content: string, given: Params): string => {
  const part = section(content, given)
  if (part === undefined) return content
  const [start, end] = part
  const inside = content.slice(start, end)
  let result = ''
  let last = 0
  for (const match of inside.matchAll(compileRegex(given.regexp, { multiline: true, global: true }))) {
    result += inside.slice(last, match.index) + expandReplacement(given.replace, match)
    last = match.index + match[0].length
  }
  return content.slice(0, start) + result + inside.slice(last) + content.slice(end)
}

const edited = (state: ContentState, given: Params): Content =>
  editContent(state, (content, encode) => {
    const own = (value: string | undefined): string | undefined => (value === undefined ? undefined : encode(value))
    return replaceAll(content, {
      ...given,
      regexp: encode(given.regexp),
      replace: encode(given.replace),
      after: own(given.after),
      before: own(given.before),
    })
  })

export default defineModule<typeof params, ContentState>({
  kind: 'state',
  summary: 'Replaces every match of a regular expression in a file.',
  description:
    'What is put in must not match again and become something else: the proof after the change would find it different.',
  examples: [
    {
      title: 'Another folder',
      yaml: "- replace:\n    path: /etc/postgresql/15/main/postgresql.conf\n    regexp: '/var/lib/pgold/'\n    replace: /var/lib/postgresql/",
    },
  ],
  params,
  aliases: EDIT_ALIASES,
  returns: { path: 'Path of the file on the host.', backup_file: 'Where the old file was kept.' },
  inspect: (ctx, given) => inspectEdit(ctx, { ...given, create: false, optional: false }),
  diff(state, given) {
    // In check mode the file may be one that an earlier task would have made; nothing can be said of it.
    return state.file.stat === undefined ? [] : fileChanges(state, edited(state, given), given)
  },
  apply: (ctx, given, changes, state) => applyFile(ctx, state, edited(state, given), changes, given),
  result: (state) => ({ ...fileFields(state), path: state.file.path }),
})
