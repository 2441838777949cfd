import { z } from 'zod'
import { defineModule } from '../contract.ts'
import { atMostOne, fault } from '../rules.ts'
import type { Content } from '../shared/content.ts'
import { applyFile, type ContentState, fileChanges, fileFields } from '../shared/content-file.ts'
import { bare, create, EDIT_ALIASES, editContent, editParams, inspectEdit, splitLines } from '../shared/edit-file.ts'
import { insertLines } from '../shared/edit-line.ts'
import { text } from '../shared/params.ts'
import { regex } from '../shared/regex-param.ts'

const params = z.strictObject({
  ...editParams,
  block: text.default('').describe('The lines. An empty block is removed.'),
  marker: text
    .refine((line) => !line.includes('\n'), 'must be a single line')
    .default('# {mark} ANSIBLE MANAGED BLOCK')
    .describe(
      'The lines around the block; `{mark}` becomes marker_begin and marker_end. Two blocks in a file need two.',
    ),
  marker_begin: text.default('BEGIN').describe('What `{mark}` is in the first of them.'),
  marker_end: text.default('END').describe('What `{mark}` is in the last of them.'),
  state: z.enum(['present', 'absent']).default('present').describe('`absent` removes the block with its markers.'),
  insertafter: regex.optional().describe('A new block goes behind the last line that this finds; default `EOF`.'),
  insertbefore: regex.optional().describe('A new block goes before the last line that this finds, or `BOF`.'),
  create,
})

type Params = z.output<typeof params>

const editBlock = (before: string, given: Params): string => {
  const lines = splitLines(before)
  const begin = given.marker.replaceAll('{mark}', given.marker_begin)
  const end = given.marker.replaceAll('{mark}', given.marker_end)
  const first = lines.findIndex((line) => bare(line) === begin)
  const last = lines.findLastIndex((line) => bare(line) === end)
  const block = given.block.replace(/\r?\n$/, '')
  const wanted = given.state === 'absent' || block === '' ? [] : [begin, ...block.split('\n'), end]
  if (first < 0 || last < first) {
    const place = { insertafter: given.insertafter, insertbefore: given.insertbefore, firstmatch: false }
    return wanted.length === 0 ? before : insertLines(lines, wanted, place).join('')
  }
  const rest = lines.slice(last + 1)
  return [...lines.slice(0, first), ...wanted.map((line) => `${line}\n`), ...rest].join('')
}

const edited = (state: ContentState, given: Params): Content =>
  editContent(state, (before, encode) => {
    const { insertafter, insertbefore } = given
    return editBlock(before, {
      ...given,
      block: encode(given.block),
      marker: encode(given.marker),
      insertafter: insertafter === undefined ? undefined : encode(insertafter),
      insertbefore: insertbefore === undefined ? undefined : encode(insertbefore),
    })
  })

export default defineModule<typeof params, ContentState>({
  kind: 'state',
  summary: 'Keeps a block of lines, between two marker lines, in a file.',
  examples: [
    {
      title: 'Rules for the standbys',
      yaml: '- blockinfile:\n    path: /etc/postgresql/15/main/pg_hba.conf\n    marker: "# {mark} replication"\n    insertbefore: BOF\n    block: |\n      hostssl replication standby 10.0.0.0/24 scram-sha-256',
    },
  ],
  params,
  rules: (given) => [
    atMostOne(given, ['insertafter', 'insertbefore']),
    () =>
      !given.marker.includes('{mark}') && given.marker_begin === given.marker_end
        ? fault('marker', '"marker" must have {mark} in it')
        : undefined,
  ],
  aliases: { ...EDIT_ALIASES, content: 'block' },
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
    const changed = changes.some(({ subject }) => subject === 'content')
    const msg = !changed ? '' : given.state === 'absent' || given.block === '' ? 'Block removed' : 'Block inserted'
    return { ...fileFields(state), path: state.file.path, msg }
  },
})
