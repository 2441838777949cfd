import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { z } from 'zod'
import { defineModule, type ModuleContext } from '../contract.ts'
import { type Content, contentOf } from '../shared/content.ts'
import { applyFile, type ContentState, fileChanges, fileFields, inspectFile } from '../shared/content-file.ts'
import { formatMode } from '../shared/file-mode.ts'
import { filePreserveMode, group, owner, validate } from '../shared/file-params.ts'
import { bool, path, text } from '../shared/params.ts'

const params = z.strictObject({
  src: text.describe('Template on the controller: in `templates/` of the role, beside the tasks or the playbook.'),
  dest: path.describe('File on the host, or a folder in which it gets the name of the template.'),
  mode: filePreserveMode,
  owner,
  group,
  backup: bool.default(false).describe('Keeps the old file under a name with the time in it.'),
  force: bool.default(true).describe('`false` leaves a file that exists as it is.'),
  follow: bool.default(false).describe('Where dest is a link, works on the file it points to.'),
  validate,
  newline_sequence: z
    .enum(['\n', '\r', '\r\n', '\\n', '\\r', '\\r\\n'])
    .default('\n')
    .transform((sequence) => sequence.replaceAll('\\n', '\n').replaceAll('\\r', '\r'))
    .describe('How lines end in the result.'),
  trim_blocks: bool.default(true).describe('Takes away the newline behind a block tag.'),
  lstrip_blocks: bool.default(false).describe('Takes away the white space before a block tag on its line.'),
  variable_start_string: text.optional().describe('Opens an expression instead of `{{`.'),
  variable_end_string: text.optional().describe('Closes an expression instead of `}}`.'),
  block_start_string: text.optional().describe('Opens a block tag instead of `{%`.'),
  block_end_string: text.optional().describe('Closes a block tag instead of `%}`.'),
})

type Params = z.output<typeof params>

interface State extends ContentState {
  readonly wanted: Content
  readonly mode: string | undefined
}

const render = async (ctx: ModuleContext, given: Params): Promise<Pick<State, 'wanted' | 'mode'>> => {
  const source = await ctx.findFile('templates', given.src)
  const rendered = await ctx.renderFile(source, {
    trimBlocks: given.trim_blocks,
    lstripBlocks: given.lstrip_blocks,
    newlineSequence: given.newline_sequence,
    variableStartString: given.variable_start_string,
    variableEndString: given.variable_end_string,
    blockStartString: given.block_start_string,
    blockEndString: given.block_end_string,
  })
  const mode = given.mode === 'preserve' ? formatMode((await stat(source)).mode & 0o7777) : given.mode
  return { wanted: contentOf(Buffer.from(rendered)), mode }
}

export default defineModule<typeof params, State>({
  kind: 'state',
  summary: 'Writes a file from a Jinja2 template.',
  description:
    'The template is rendered on the controller with the variables of the task. The file is replaced whole: a reader ' +
    'sees the old content or the new.',
  examples: [
    {
      title: 'A configuration that PostgreSQL accepts',
      yaml: '- template:\n    src: archive.conf.j2\n    dest: /etc/postgresql/15/main/conf.d/archive.conf\n    owner: postgres\n    mode: "0640"\n  notify: reload postgresql',
    },
    {
      title: 'Checked before it is put in place',
      yaml: '- template:\n    src: sudoers.j2\n    dest: /etc/sudoers.d/postgres\n    mode: "0440"\n    validate: visudo -cf %s',
    },
  ],
  params,
  returns: {
    dest: 'Path of the file on the host.',
    src: 'Path of the template on the controller.',
    checksum: 'SHA-1 of the file.',
    mode: 'Mode, as octal text.',
    owner: 'Owner.',
    group: 'Group.',
    uid: 'Number of the owner.',
    gid: 'Number of the group.',
    size: 'Bytes.',
    state: '`file`.',
    backup_file: 'Where the old file was kept.',
  },
  async inspect(ctx, given, before) {
    // What depends on the time of day must not be rendered twice, or the proof would compare two moments.
    const rendered = before ?? (await render(ctx, given))
    const file = await inspectFile(ctx, {
      path: given.dest,
      basename: basename(given.src),
      follow: given.follow,
      owner: given.owner,
      group: given.group,
      checksum: rendered.wanted.checksum,
    })
    return { ...file, wanted: rendered.wanted, mode: rendered.mode }
  },
  diff(state, given) {
    if (!given.force && state.file.stat !== undefined) return []
    return fileChanges(state, state.wanted, { ...given, mode: state.mode })
  },
  apply: (ctx, given, changes, state) =>
    applyFile(ctx, state, state.wanted, changes, { ...given, mode: state.mode, makeFolder: given.dest.endsWith('/') }),
  result: (state, given) => ({
    ...fileFields(state),
    dest: state.file.path,
    src: given.src,
    checksum: state.wanted.checksum,
    md5sum: null,
  }),
})
