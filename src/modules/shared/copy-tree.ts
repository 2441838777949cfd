import type { Change } from '../../base/change.ts'
import { LifeboatError } from '../../base/errors.ts'
import { raw, sh } from '../../base/quote.ts'
import type { ModuleContext } from '../contract.ts'
import { describe } from './content.ts'
import {
  type Accounts,
  type AttributeParams,
  applyAttributes,
  attributeChanges,
  demandAccounts,
  lookUpAccounts,
  readAccounts,
} from './file-attributes.ts'
import { formatMode, resolveMode } from './file-mode.ts'
import { assignPath, type FileState, LOOK, readFileStates } from './file-state.ts'
import { hostPath } from './host-path.ts'
import type { TreeEntry } from './local-tree.ts'
import { PUT, readPairs, succeed } from './script.ts'
import { writable, writeFile } from './write-file.ts'

export interface TreeParams extends AttributeParams {
  /** Of the files; `preserve` takes that of each source. */
  readonly mode?: string | undefined
  readonly directory_mode?: string | undefined
  readonly force: boolean
  readonly backup: boolean
  readonly validate?: string | undefined
}

export interface TreeState {
  readonly kind: 'tree'
  /** The folder on the host that becomes the copy. */
  readonly root: string
  readonly entries: readonly TreeEntry[]
  /** What is in the place of each entry, in the same order. */
  readonly found: readonly FileState[]
  readonly accounts: Accounts
}

/** Looks at the place of every entry of a tree, in one script. */
export const inspectTree = async (
  ctx: ModuleContext,
  request: AttributeParams & { readonly path: string; readonly basename: string | undefined },
  entries: readonly TreeEntry[],
): Promise<TreeState> => {
  const inside = request.basename === undefined ? raw('') : sh`root=\${root%/}/${request.basename}`
  const looks = entries.map(({ path }) => sh`look_sum "$root"${path === '' ? raw('') : `/${path}`}`.text)
  const script = sh`${PUT}
${LOOK}
${lookUpAccounts(request)}
${assignPath('root', hostPath(request.path.replace(/(?<=.)\/+$/, '')))}
${inside}
put root "$root"
${raw(looks.join('\n'))}
exit 0`
  const { pairs } = readPairs(succeed(await ctx.run(script.text), `look at ${request.path}`))
  const fields = new Map(pairs)
  const accounts = readAccounts(fields)
  demandAccounts(ctx, request, accounts)
  return { kind: 'tree', root: fields.get('root') ?? request.path, entries, found: readFileStates(pairs), accounts }
}

/** What differs in a tree; a subject names the path below the root. */
export const treeChanges = (state: TreeState, params: TreeParams): Change[] =>
  state.entries.flatMap((entry, index) => {
    const found = state.found[index]
    if (found === undefined) throw new LifeboatError('lifeboat/bug', `the host said nothing about ${entry.path}`)
    return entryChanges(entry, found, state.accounts, params).map((change) => ({
      ...change,
      subject: entry.path === '' ? change.subject : `${change.subject} of ${entry.path}`,
    }))
  })

const entryChanges = (entry: TreeEntry, found: FileState, accounts: Accounts, params: TreeParams): Change[] => {
  const type = found.stat?.type
  if (type !== undefined && type !== entry.kind && (type === 'directory' || entry.kind === 'directory')) {
    throw new LifeboatError('module/wrong-kind', `${found.path} is a ${type}, and the copy needs a ${entry.kind} there`)
  }
  const made = { subject: 'state', before: type ?? 'absent', after: entry.kind }
  if (entry.kind === 'directory') {
    if (type !== undefined) return []
    const base = { mode: 0o777 & ~accounts.umask, isDirectory: true }
    return [made, ...attributeChanges(undefined, { ...params, mode: params.directory_mode }, accounts, base)]
  }
  if (!params.force && type !== undefined) return []
  if (entry.kind === 'link') {
    if (found.target === entry.target) return []
    return [
      {
        subject: 'state',
        before: found.target ? `link to ${found.target}` : (type ?? 'absent'),
        after: `link to ${entry.target}`,
      },
    ]
  }
  const stat = type === 'file' ? found.stat : undefined
  const before = stat === undefined ? null : describe('file', stat.size, found.checksum)
  const changes: Change[] = stat === undefined ? [made] : []
  if (stat === undefined || found.checksum !== entry.content?.checksum) {
    changes.push({ subject: 'content', before, after: entry.content?.shown ?? null })
  }
  const base = { mode: 0o666 & ~accounts.umask, isDirectory: false }
  return [...changes, ...attributeChanges(stat, { ...params, mode: fileMode(entry, params) }, accounts, base)]
}

const fileMode = (entry: TreeEntry, params: TreeParams): string | undefined =>
  params.mode === 'preserve' ? formatMode(entry.mode) : params.mode

/** Makes the folders and links in one script, then writes each file that differs. */
export const applyTree = async (ctx: ModuleContext, state: TreeState, params: TreeParams): Promise<void> => {
  const lines: string[] = []
  const files: (() => Promise<unknown>)[] = []
  state.entries.forEach((entry, index) => {
    const found = state.found[index]
    if (found === undefined) return
    const changes = entryChanges(entry, found, state.accounts, params)
    if (changes.length === 0) return
    if (entry.kind === 'file' && changes.some(({ subject }) => subject === 'content')) {
      files.push(() => writeEntry(ctx, state, entry, found, params))
      return
    }
    if (entry.kind === 'directory') lines.push(sh`mkdir -p ${found.path} || exit`.text)
    if (entry.kind === 'link') lines.push(sh`ln -sfn ${entry.target ?? ''} ${found.path} || exit`.text)
    lines.push(applyAttributes(sh`${found.path}`, changes, false).text)
  })
  if (lines.length > 0) succeed(await ctx.run(lines.join('\n')), `make the folders of ${state.root}`)
  for (const write of files) await write()
}

const writeEntry = async (
  ctx: ModuleContext,
  { accounts }: TreeState,
  entry: TreeEntry,
  found: FileState,
  params: TreeParams,
): Promise<void> => {
  const stat = found.stat?.type === 'file' ? found.stat : undefined
  const base = { umask: accounts.umask, isDirectory: false, mode: stat?.mode ?? 0o666 & ~accounts.umask }
  const mode = fileMode(entry, params)
  await writeFile(ctx, {
    path: found.path,
    content: entry.content === undefined ? Buffer.alloc(0) : await writable(entry.content),
    mode: mode === undefined ? base.mode : resolveMode(mode, base),
    owner: params.owner,
    group: params.group,
    keep: stat,
    backup: params.backup,
    validate: params.validate,
  })
}
