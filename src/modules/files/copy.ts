import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { z } from 'zod'
import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import { defineModule, type ModuleContext, type Rule } from '../contract.ts'
import { atMostOne, fault } from '../rules.ts'
import { type Content, contentOf, contentOfFile, describe } from '../shared/content.ts'
import { applyFile, type ContentState, fileChanges, fileFields, inspectFile } from '../shared/content-file.ts'
import { applyTree, inspectTree, type TreeState, treeChanges } from '../shared/copy-tree.ts'
import { formatMode } from '../shared/file-mode.ts'
import { filePreserveMode, group, owner, validate } from '../shared/file-params.ts'
import { readTree, type TreeEntry } from '../shared/local-tree.ts'
import { mode } from '../shared/mode-param.ts'
import { anything, bool, path, text } from '../shared/params.ts'

const params = z.strictObject({
  src: text
    .optional()
    .describe(
      'File or folder on the controller (`files/` of the role, beside the tasks, beside the playbook). A folder with a slash behind it means what is in it.',
    ),
  content: anything
    .optional()
    .describe('What the file is to contain, in the place of src. A mapping or list is written as JSON.'),
  dest: path.describe('File on the host; or a folder, in which the file gets the name of src.'),
  mode: filePreserveMode,
  owner,
  group,
  directory_mode: mode.optional().describe('Mode of folders that are made while a folder is copied.'),
  backup: bool.default(false).describe('Keeps the old file under a name with the time in it.'),
  force: bool.default(true).describe('`false` leaves a file that exists as it is.'),
  follow: bool.default(false).describe('Where dest is a link, works on the file it points to.'),
  local_follow: bool.default(true).describe('Copies what links in src point to, not the links.'),
  remote_src: bool.default(false).describe('src is a file on the host itself.'),
  checksum: text.optional().describe('SHA-1 that the source must have.'),
  validate,
})

type Params = z.output<typeof params>

const rules = (given: Params): Rule[] => [
  atMostOne(given, ['src', 'content']),
  () =>
    given.src === undefined && given.content === undefined
      ? fault(undefined, 'give one of "src" and "content"')
      : undefined,
  () =>
    given.content !== undefined && given.dest.endsWith('/')
      ? fault('dest', 'with "content", "dest" must name a file')
      : undefined,
]

interface FileCopy extends ContentState {
  readonly kind: 'file'
  readonly wanted: Content
  readonly mode: string | undefined
}

type State = FileCopy | TreeState

type Source =
  | { readonly kind: 'file'; readonly wanted: Content; readonly mode: number; readonly name: string | undefined }
  | { readonly kind: 'tree'; readonly entries: readonly TreeEntry[] }

const textOf = (content: unknown): string =>
  typeof content === 'string' ? content : typeof content === 'object' ? JSON.stringify(content) : String(content)

const readSource = async (ctx: ModuleContext, given: Params): Promise<Source> => {
  if (given.src === undefined) {
    return { kind: 'file', wanted: contentOf(Buffer.from(textOf(given.content))), mode: 0o644, name: undefined }
  }
  const source = await ctx.findFile('files', given.src)
  const found = await stat(source)
  if (found.isDirectory()) return { kind: 'tree', entries: await readTree(source, given.local_follow) }
  const wanted = await contentOfFile(source)
  demandChecksum(given, wanted.checksum)
  return { kind: 'file', wanted, mode: found.mode & 0o7777, name: basename(source) }
}

const demandChecksum = (given: Params, checksum: string): void => {
  if (given.checksum === undefined || given.checksum === checksum) return
  throw new LifeboatError('module/wrong-checksum', `${given.src} has the checksum ${checksum}, not ${given.checksum}`)
}

const inspectRemote = async (ctx: ModuleContext, given: Params, src: string): Promise<FileCopy> => {
  const { mode: _, ...request } = given
  const state = await inspectFile(ctx, { ...request, path: given.dest, source: src })
  const found = state.source?.stat
  if (found === undefined) {
    const message = `there is no ${src} on the host`
    if (!ctx.checkMode) throw new LifeboatError('file/not-found', message)
    ctx.warn(`${message}; only an earlier task that creates it makes this one work`)
  } else if (found.type !== 'file') {
    throw new LifeboatError('module/wrong-kind', `${src} is a ${found.type}; with remote_src only files are copied`, {
      hints: ['copy a folder on the host with the command module: cp -a'],
    })
  }
  const checksum = state.source?.checksum ?? ''
  if (found !== undefined) demandChecksum(given, checksum)
  const size = found?.size ?? 0
  const unread = async (): Promise<Buffer> => Buffer.alloc(0)
  const wanted = { checksum, size, shown: describe('file', size, checksum), bytes: unread }
  return { ...state, kind: 'file', wanted, mode: modeOf(given, found?.mode) }
}

const modeOf = (given: Params, source: number | undefined): string | undefined =>
  given.mode !== 'preserve' ? given.mode : source === undefined ? undefined : formatMode(source)

export default defineModule<typeof params, State>({
  kind: 'state',
  summary: 'Copies a file or folder to the host, or writes a text into a file.',
  description:
    'Files are compared by checksum and replaced whole: a reader sees the old content or the new. Without `mode`, ' +
    '`owner` and `group` a file that exists keeps what it has.',
  examples: [
    {
      title: 'A file of the role',
      yaml: '- copy:\n    src: pg_hba.conf\n    dest: /etc/postgresql/15/main/pg_hba.conf\n    owner: postgres\n    group: postgres\n    mode: "0640"\n    backup: true',
    },
    {
      title: 'A text',
      yaml: '- copy:\n    content: "{{ archive_settings }}"\n    dest: /etc/lifeboat/archive.json\n    mode: u=rw,go=r',
    },
    {
      title: 'What is in a folder',
      yaml: '- copy:\n    src: checks/\n    dest: /usr/local/lib/checks\n    directory_mode: "0755"',
    },
  ],
  params,
  rules,
  returns: {
    dest: 'Path of the file on the host.',
    src: 'The source.',
    checksum: 'SHA-1 of the file.',
    mode: 'Mode, as octal text.',
    owner: 'Owner.',
    group: 'Group.',
    uid: 'Number of the owner.',
    gid: 'Number of the group.',
    size: 'Bytes.',
    state: '`file` or `directory`.',
    backup_file: 'Where the old file was kept.',
  },
  async inspect(ctx, given) {
    if (given.remote_src && given.src !== undefined) return inspectRemote(ctx, given, given.src)
    const source = await readSource(ctx, given)
    if (source.kind === 'tree') {
      const name = given.src?.endsWith('/') ? undefined : basename(given.src ?? '')
      return inspectTree(
        ctx,
        { path: given.dest, basename: name, owner: given.owner, group: given.group },
        source.entries,
      )
    }
    const { mode: _, ...request } = given
    const state = await inspectFile(ctx, {
      ...request,
      path: given.dest,
      basename: source.name,
      checksum: source.wanted.checksum,
    })
    return { ...state, kind: 'file', wanted: source.wanted, mode: modeOf(given, source.mode) }
  },
  diff(state, given) {
    if (state.kind === 'tree') return treeChanges(state, given)
    if (!given.force && state.file.stat !== undefined) return []
    return fileChanges(state, state.wanted, { ...given, mode: state.mode })
  },
  async apply(ctx, given, changes, state) {
    if (state.kind === 'tree') {
      await applyTree(ctx, state, given)
      return undefined
    }
    const options = { ...given, mode: state.mode, makeFolder: given.dest.endsWith('/') }
    if (state.source === undefined) return applyFile(ctx, state, state.wanted, changes, options)
    const from = { from: sh`cat ${state.source.path}`, checksum: state.wanted.checksum }
    return applyFile(ctx, state, state.wanted, changes, { ...options, from })
  },
  result(state, given) {
    const src = given.src === undefined ? {} : { src: given.src }
    if (state.kind === 'tree') return { ...src, dest: state.root, state: 'directory' }
    return { ...fileFields(state), ...src, dest: state.file.path, checksum: state.wanted.checksum, md5sum: null }
  },
})
