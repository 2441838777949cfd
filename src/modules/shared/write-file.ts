import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { LifeboatError } from '../../base/errors.ts'
import { type Raw, raw, sh } from '../../base/quote.ts'
import type { RunOptions } from '../../host/connection.ts'
import { putFile } from '../../host/files.ts'
import type { ModuleContext } from '../contract.ts'
import type { Content } from './content.ts'
import { formatMode } from './file-mode.ts'
import { PUT, readFields, succeed } from './script.ts'
import { splitWords } from './words.ts'

/** Content above this size, in bytes, gets a channel of its own. */
const INLINE = 256 * 1024

export interface Writing {
  /** Path on the host, expanded. */
  readonly path: string
  /**
   * The bytes, a file on the controller that holds them, or shell text that writes them to its standard output (`cat` of
   * another file on the host). The checksums are SHA-1, as the decision to write was made by them.
   */
  readonly content:
    | Buffer
    | { readonly file: string; readonly checksum: string }
    | { readonly from: Raw; readonly checksum: string }
  readonly mode: number
  /** Asked for: the write fails where they cannot be given. */
  readonly owner?: string | undefined
  readonly group?: string | undefined
  /** Of the file that is replaced: kept where the user may. */
  readonly keep?: { readonly uid: number; readonly gid: number } | undefined
  readonly backup?: boolean | undefined
  /** Command that must accept the new content before it is put in place; `%s` is the file. */
  readonly validate?: string | undefined
  /** Makes the folder of the path where it is missing. */
  readonly makeFolder?: boolean | undefined
}

/** Content in the form in which it is best written: what is large stays on disk. */
export const writable = async (content: Content): Promise<Writing['content']> =>
  content.file !== undefined && content.size > INLINE
    ? { file: content.file, checksum: content.checksum }
    : await content.bytes()

/**
 * Writes a file on the host in one script: into a temporary file in the same folder that nobody else can read, its
 * checksum compared, owner and mode set, validated, flushed, renamed. A reader sees the old content or the new, never a
 * part.
 *
 * @returns `backup_file` where the old content was kept
 * @throws module/no-folder, module/invalid-content, module/script-failed, host/file; the file is then as it was
 */
export const writeFile = async (ctx: ModuleContext, writing: Writing): Promise<{ backup_file?: string }> => {
  const { path, content } = writing
  const inline = Buffer.isBuffer(content) && content.length <= INLINE ? content : undefined
  const from = 'from' in content ? content.from : raw('cat')
  const arrival = inline || 'from' in content ? receive(ctx, from) : await stage(ctx, writing, content)
  const sum = Buffer.isBuffer(content) ? sha256(content) : sh`sha1sum ${content.checksum}`
  const options: RunOptions = inline ? { stdin: inline } : {}
  const result = await ctx.run(scriptOf(writing, arrival, sum), options)
  const fields = readFields(result)
  const refused = fields.get('refused')
  if (refused === 'folder') {
    throw new LifeboatError('module/no-folder', `the folder of ${path} does not exist on the host`, {
      hints: ['create it with the file module (state: directory) first'],
    })
  }
  if (refused === 'validate') {
    const said = (result.stderr + (fields.get('said') ?? '')).trim()
    throw new LifeboatError(
      'module/invalid-content',
      `the new content of ${path} was refused by its validation: ${said}`,
      {
        hints: ['the file is as it was'],
        data: { rc: Number(fields.get('rc')) },
      },
    )
  }
  succeed(result, `write ${path}`)
  if (fields.has('kept_not')) ctx.warn(`${path} belongs to ${fields.get('kept_not')} now: its owner could not be kept`)
  const backup = fields.get('backup')
  return backup === undefined ? {} : { backup_file: backup }
}

const folderOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) || '/' : '.')

const sha256 = (bytes: Buffer): Raw => sh`sha256sum ${createHash('sha256').update(bytes).digest('hex')}`

// A shell that a signal ends runs no EXIT trap by itself.
const REMOVED = raw(`trap 'rm -f "$new"' EXIT
trap 'exit 1' HUP INT TERM PIPE`)

const receive = (ctx: ModuleContext, from: Raw): Raw =>
  sh`new=$(mktemp "$folder/.lifeboat-${ctx.runId}-XXXXXX") || exit
${REMOVED}
${from} >"$new" || exit`

/** Brings much content to the host on a channel of its own, into the folder where it will be renamed. */
const stage = async (
  ctx: ModuleContext,
  { path, makeFolder }: Writing,
  content: Buffer | { readonly file: string },
): Promise<Raw> => {
  const prepare = sh`folder=${folderOf(path)}
${raw(makeFolder ? 'mkdir -p "$folder" || exit' : ':')}
if [ -d "$folder" ]; then cd "$folder" && pwd; fi`
  const folder = succeed(await ctx.run(prepare.text), `write ${path}`).stdout.replace(/\n$/, '')
  // The script that comes next says that the folder is missing.
  if (folder === '') return raw('')
  const part = `${folder}/.lifeboat-${ctx.runId}-${randomBytes(4).toString('hex')}`
  const source = Buffer.isBuffer(content) ? content : createReadStream(content.file)
  await putFile(ctx.session, part, source, { mode: '0600' }, { signal: ctx.signal })
  return sh`new=${part}
${REMOVED}`
}

const scriptOf = (writing: Writing, arrival: Raw, sum: Raw): string => {
  const { path, owner, group, keep } = writing
  const account = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
  return sh`${PUT}
path=${path}
folder=${folderOf(path)}
refuse() { put refused "$1"; exit 0; }
${raw(writing.makeFolder ? 'mkdir -p "$folder" || exit' : '[ -d "$folder" ] || refuse folder')}
if [ -d "$path" ]; then echo "it is a folder" >&2; exit 1; fi
old_umask=$(umask)
umask 077
${arrival}
set -- ${sum}
sum=$($1 <"$new") || exit
if [ "\${sum%% *}" != "$2" ]; then echo "what arrived is not what was to be written" >&2; exit 1; fi
${raw(account === '' ? '' : sh`chown ${account} "$new" || exit`.text)}
${raw(keep === undefined ? '' : keepOwner(keep, owner, group).text)}
chmod ${formatMode(writing.mode)} "$new" || exit
umask "$old_umask"
${raw(writing.validate === undefined ? '' : validation(writing.validate).text)}
${raw(writing.backup ? BACKUP : '')}
if [ -e /sys/fs/selinux/enforce ] && [ -e "$path" ]; then chcon --reference="$path" "$new" 2>/dev/null; fi
sync "$new" 2>/dev/null || sync
mv -f "$new" "$path" || exit
trap - EXIT
sync "$folder" 2>/dev/null || sync
${raw('if [ -e /sys/fs/selinux/enforce ]; then restorecon "$path" 2>/dev/null; fi')}
exit 0`.text
}

const keepOwner = (keep: { uid: number; gid: number }, owner?: string, group?: string): Raw => {
  const account = `${owner === undefined ? keep.uid : ''}${group === undefined ? `:${keep.gid}` : ''}`
  if (account === '') return raw('')
  return sh`chown ${account} "$new" 2>/dev/null || put kept_not "$(id -un)"`
}

const validation = (command: string): Raw => {
  const words = (splitWords(command) ?? []).map((word) =>
    word.includes('%s')
      ? word
          .split('%s')
          .map((part) => sh`${part}`.text.replace(/^''$/, ''))
          .join('"$new"')
      : sh`${word}`.text,
  )
  return raw(`said=$(${words.join(' ')} 2>&1) || { put rc $?; put said "$said"; refuse validate; }`)
}

const BACKUP = `if [ -e "$path" ]; then
backup="$path.$$.$(date +%Y-%m-%d@%H:%M:%S)~"
cp -p "$path" "$backup" || exit
put backup "$backup"
fi`
