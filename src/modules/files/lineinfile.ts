import { z } from 'zod'
import { defineModule, type Rule } from '../contract.ts'
import { atMostOne, fault } from '../rules.ts'
import type { Content } from '../shared/content.ts'
import { applyFile, type ContentState, fileChanges, fileFields } from '../shared/content-file.ts'
import { create, EDIT_ALIASES, editContent, editParams, inspectEdit } from '../shared/edit-file.ts'
import { editLine } from '../shared/edit-line.ts'
import { bool, text } from '../shared/params.ts'
import { regex } from '../shared/regex-param.ts'

const params = z.strictObject({
  ...editParams,
  line: text
    .transform((line) => line.replace(/\r?\n$/, ''))
    .refine((line) => !line.includes('\n'), 'must be a single line; blockinfile takes several')
    .optional()
    .describe('The line. With `backrefs` it may use the groups of regexp: `\\1`, `\\g<name>`.'),
  regexp: regex.optional().describe('Python regular expression; the last line that it finds becomes the line.'),
  search_string: text.optional().describe('A plain text to find, in the place of regexp.'),
  state: z.enum(['present', 'absent']).default('present').describe('`absent` removes every line that is found.'),
  insertafter: regex
    .optional()
    .describe('Where no line is found: put it behind the last that this finds, or `EOF`, `BOF`.'),
  insertbefore: regex.optional().describe('Where no line is found: put it before the last that this finds, or `BOF`.'),
  firstmatch: bool.default(false).describe('Takes the first line that is found, not the last.'),
  backrefs: bool
    .default(false)
    .describe('Uses the groups of regexp in line; where nothing is found the file stays as it is.'),
  create,
})

type Params = z.output<typeof params>

const rules = (given: Params): Rule[] => [
  () =>
    given.state === 'present' && given.line === undefined
      ? fault(undefined, '"line" is needed where the state is present')
      : undefined,
  () =>
    given.state === 'absent' && [given.line, given.regexp, given.search_string].every((text) => text === undefined)
      ? fault('state', 'one of "line", "regexp" and "search_string" must say what is to be absent')
      : undefined,
  atMostOne(given, ['regexp', 'search_string']),
  atMostOne(given, ['insertafter', 'insertbefore']),
  () => (given.backrefs && given.regexp === undefined ? fault('backrefs', '"backrefs" needs "regexp"') : undefined),
]

const edited = (state: ContentState, given: Params): Content =>
  editContent(state, (before, encode) => {
    const own = (value: string | undefined): string | undefined => (value === undefined ? undefined : encode(value))
    return editLine(before, {
      ...given,
      line: own(given.line),
      regexp: own(given.regexp),
      search_string: own(given.search_string),
      insertafter: own(given.insertafter),
      insertbefore: own(given.insertbefore),
    })
  })

export default defineModule<typeof params, ContentState>({
  kind: 'state',
  summary: 'Makes sure that a line is in a file, or is not.',
  description: 'For one line in a file that others write too. A whole file is better written by `template` or `copy`.',
  examples: [
    {
      title: 'A setting',
      yaml: "- lineinfile:\n    path: /etc/postgresql/15/main/postgresql.conf\n    regexp: '^#?include_dir'\n    line: include_dir = 'conf.d'",
    },
    {
      title: 'With a part of the old line',
      yaml: "- lineinfile:\n    path: /etc/fstab\n    regexp: '^(\\S+\\s+/srv/backup\\s+.*)defaults(.*)$'\n    line: '\\1defaults,noatime\\2'\n    backrefs: true",
    },
  ],
  params,
  rules,
  aliases: { ...EDIT_ALIASES, regex: 'regexp', value: 'line' },
  returns: {
    path: 'Path of the file on the host.',
    msg: 'What was done.',
    backup_file: 'Where the old file was kept.',
  },
  inspect: (ctx, given) => inspectEdit(ctx, { ...given, optional: given.state === 'absent' }),
  diff(state, given) {
    if (given.state === 'absent' && state.file.stat === undefined) return []
    return fileChanges(state, edited(state, given), given)
  },
  apply: (ctx, given, changes, state) =>
    applyFile(ctx, state, edited(state, given), changes, { ...given, makeFolder: given.create }),
  result(state, given, changes) {
    const content = changes.find(({ subject }) => subject === 'content')
    const msg =
      content === undefined
        ? ''
        : given.state === 'absent'
          ? 'line removed'
          : saysReplaced(content)
            ? 'line replaced'
            : 'line added'
    return { ...fileFields(state), path: state.file.path, msg }
  },
})

const lineCount = (value: unknown): number => (typeof value === 'string' ? value.trimEnd().split('\n').length : 0)

const saysReplaced = ({ before, after }: { before: unknown; after: unknown }): boolean =>
  before !== null && lineCount(before) === lineCount(after)
