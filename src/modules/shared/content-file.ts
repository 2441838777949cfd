import type { Change } from '../../base/change.ts'
import { LifeboatError } from '../../base/errors.ts'
import { raw, sh } from '../../base/quote.ts'
import type { ModuleContext, ResultFields } from '../contract.ts'
import { type Content, describe, MAX_SHOWN, sha1, show } from './content.ts'
import {
  type Accounts,
  type AttributeParams,
  applyAttributes,
  attributeChanges,
  attributeFields,
  demandAccounts,
  lookUpAccounts,
  readAccounts,
} from './file-attributes.ts'
import { resolveMode } from './file-mode.ts'
import { assignPath, type FileState, LOOK, readFileStates } from './file-state.ts'
import { hostPath } from './host-path.ts'
import { BEGIN_CONTENT, PUT, readPairs, succeed } from './script.ts'
import { type Writing, writable, writeFile } from './write-file.ts'

export interface FileRequest extends AttributeParams {
  /** As the user wrote it. */
  readonly path: string
  /** Name of the file where the path is a folder or ends in a slash. */
  readonly basename?: string | undefined
  /** Works on the file that a link points to, not on the link. */
  readonly follow: boolean
  /** SHA-1 of the wanted content: what is there is read only where it differs and is small. Without it, always. */
  readonly checksum?: string | undefined
  /** A file on the host whose content is wanted, in the place of `checksum` and `basename`. */
  readonly source?: string | undefined
}

/** A file on the host, as far as it takes to decide about its content. */
export interface ContentState {
  readonly file: FileState
  readonly accounts: Accounts
  /** Whether the folder of the file exists. */
  readonly hasFolder: boolean
  /** What is in it, where it was read. */
  readonly existing: Buffer | undefined
  /** The file on the host whose content is wanted, where there is one. */
  readonly source?: FileState | undefined
}

/**
 * Looks at a file in one script.
 *
 * @throws module/wrong-kind where something else than a file is in the place, module/no-account
 */
export const inspectFile = async (ctx: ModuleContext, request: FileRequest): Promise<ContentState> => {
  const result = succeed(await ctx.run(lookScript(request)), `look at ${request.path}`)
  const { pairs, content } = readPairs(result)
  const [seen, source] = readFileStates(pairs)
  if (seen === undefined) throw new LifeboatError('lifeboat/bug', `the host said nothing about ${request.path}`)
  const file = isAlwaysRead(request) && content !== undefined ? { ...seen, checksum: sha1(content) } : seen
  const fields = new Map(pairs)
  const accounts = readAccounts(fields)
  const type = file.stat?.type
  if (type !== undefined && type !== 'file' && type !== 'link') {
    throw new LifeboatError('module/wrong-kind', `${file.path} is a ${type}, not a file`)
  }
  const hasFolder = fields.has('folder')
  if (!hasFolder && ctx.checkMode && !request.path.endsWith('/')) {
    ctx.warn(`the folder of ${file.path} does not exist; only an earlier task that creates it makes this one work`)
  }
  demandAccounts(ctx, request, accounts)
  return { file, accounts, hasFolder, existing: content, source }
}

const lookScript = (request: FileRequest): string => {
  const { source } = request
  const name = source === undefined ? request.basename : raw('"${source##*/}"')
  const inside =
    name === undefined
      ? raw('')
      : sh`case $path in */) path=\${path}${name};; *) if [ -d "$path" ]; then path=$path/${name}; fi;; esac`
  const wanted =
    request.checksum === undefined
      ? raw(isAlwaysRead(request) ? 'true' : 'false')
      : sh`[ "$sum" != ${request.checksum} ] && [ "$(wc -c <"$path")" -le ${MAX_SHOWN} ]`
  return sh`${PUT}
${LOOK}
${lookUpAccounts(request)}
${source === undefined ? raw('') : assignPath('source', hostPath(source))}
${assignPath('path', hostPath(request.path))}
${inside}
${raw(request.follow ? 'if [ -L "$path" ]; then path=$(readlink -f "$path"); fi' : '')}
case $path in */*) folder=\${path%/*}/;; *) folder=.;; esac
if [ -d "$folder" ]; then put folder yes; fi
${raw(isAlwaysRead(request) ? 'look' : 'look_sum')} "$path"
${raw(source === undefined ? '' : 'if [ -L "$source" ]; then source=$(readlink -f "$source"); fi\nlook_sum "$source"')}
if [ -f "$path" ] && [ ! -L "$path" ] && [ -r "$path" ] && ${wanted}; then ${BEGIN_CONTENT}; cat "$path"; fi`.text
}

/** Its checksum needs no process on the host then. */
const isAlwaysRead = ({ checksum, source }: FileRequest): boolean => checksum === undefined && source === undefined

/** What differs between a file and the content and attributes asked for. */
export const fileChanges = (state: ContentState, content: Content, request: AttributeParams): Change[] => {
  const { file, accounts } = state
  const stat = file.stat?.type === 'file' ? file.stat : undefined
  const changes: Change[] = []
  if (stat === undefined) {
    const before = file.stat === undefined ? 'absent' : `link to ${file.target ?? '?'}`
    changes.push({ subject: 'state', before, after: 'file' })
  }
  if (stat === undefined || file.checksum !== content.checksum) {
    changes.push({ subject: 'content', before: shownBefore(state), after: content.shown })
  }
  return [...changes, ...attributeChanges(stat, request, accounts, newFile(accounts))]
}

const newFile = (accounts: Accounts): { mode: number; isDirectory: boolean } => ({
  mode: 0o666 & ~accounts.umask,
  isDirectory: false,
})

const shownBefore = ({ file, existing }: ContentState): string | null => {
  if (file.stat?.type !== 'file') return null
  if (existing !== undefined) return show(existing)
  return describe('file', file.stat.size, file.checksum)
}

export interface ApplyOptions extends AttributeParams, Pick<Writing, 'backup' | 'validate' | 'makeFolder'> {
  /** Where the bytes come from; `content.bytes()` where it is not given. */
  readonly from?: Writing['content']
}

/** Makes the changes that `fileChanges` found. */
export const applyFile = async (
  ctx: ModuleContext,
  state: ContentState,
  content: Content,
  changes: readonly Change[],
  options: ApplyOptions,
): Promise<ResultFields> => {
  const { file, accounts } = state
  if (!changes.some(({ subject }) => subject === 'content' || subject === 'state')) {
    const script = sh`path=${file.path}\n${applyAttributes(raw('"$path"'), changes, true)}`.text
    succeed(await ctx.run(script), `set the attributes of ${file.path}`)
    return {}
  }
  const stat = file.stat?.type === 'file' ? file.stat : undefined
  const base = { ...newFile(accounts), umask: accounts.umask, mode: stat?.mode ?? newFile(accounts).mode }
  return writeFile(ctx, {
    path: file.path,
    content: options.from ?? (await writable(content)),
    mode: options.mode === undefined ? base.mode : resolveMode(options.mode, base),
    owner: options.owner,
    group: options.group,
    keep: stat,
    backup: options.backup,
    validate: options.validate,
    makeFolder: options.makeFolder,
  })
}

/** Fields of the result as Ansible gives them for a file. */
export const fileFields = (state: ContentState): ResultFields => ({
  ...attributeFields(state.file.stat),
  state: state.file.stat === undefined ? 'absent' : 'file',
})
