import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { sh } from '../base/quote.ts'
import type { HostProcess, Session } from './connection.ts'
import { fileFailure as failure } from './file-failure.ts'
import { measure } from './measure.ts'

/** Content above this size, in bytes, gets a channel of its own. */
const INLINE = 256 * 1024

export interface FileAttributes {
  /** Octal (`0640`) or symbolic, as chmod takes it. Without it: that of the file replaced, or what the umask leaves. */
  readonly mode?: string | undefined
  /** Name or number. Without it: that of the file replaced, or the session's user. */
  readonly owner?: string | undefined
  readonly group?: string | undefined
}

export interface WrittenFile {
  readonly sha256: string
  readonly size: number
}

/**
 * Writes a file so that every reader sees the old content or the new, whole: a temporary file in the same folder that
 * nobody else can read, flushed, compared by SHA-256, given its owner and mode, then renamed. A symbolic link at the path
 * is replaced, not followed.
 *
 * @throws host/file, host/lost
 */
export const putFile = async (
  session: Session,
  path: string,
  content: Buffer | Readable,
  attributes: FileAttributes = {},
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<WrittenFile> => {
  if (!posix.isAbsolute(path)) throw failure('write', path, session, 'the path is not absolute')
  if (Buffer.isBuffer(content) && content.length <= INLINE) {
    const sha256 = createHash('sha256').update(content).digest('hex')
    const script = `${receive(path)}\n${finish(path, attributes, sha256)}`
    const result = await session.run(script, { stdin: content, signal: options.signal })
    if (result.status !== 0) throw failure('write', path, session, result.stderr)
    return { sha256, size: content.length }
  }
  return await putStream(
    session,
    path,
    Buffer.isBuffer(content) ? Readable.from([content]) : content,
    attributes,
    options,
  )
}

const putStream = async (
  session: Session,
  path: string,
  content: Readable,
  attributes: FileAttributes,
  options: { readonly signal?: AbortSignal | undefined },
): Promise<WrittenFile> => {
  // Who is gone does not hear the name: then the file is removed after all.
  const process = await session.start(`${receive(path)}\nprintf '%s\\n' "$temporary"\ntrap - EXIT`, options)
  const [stdout, stderr] = [gather(process.stdout), gather(process.stderr)]
  const measured = measure()
  const sent = await settled(pipeline(content, measured.stream, process.stdin))
  if (sent instanceof Error && !isClosedEarly(sent)) {
    await stopAndForget(process)
    // End of file looks to the script as if all had come.
    const left = (await stdout).replace(/\n$/, '')
    if (left !== '') await session.run(sh`rm -f -- ${left}`.text)
    throw failure('write', path, session, `its content could not be read: ${sent.message}`)
  }
  const { status } = await process.ended
  const temporary = (await stdout).replace(/\n$/, '')
  if (status !== 0 || temporary === '') throw failure('write', path, session, await stderr)
  const written = measured.result()
  const adopt = sh`temporary=${temporary}; trap 'rm -f -- "$temporary"' EXIT; trap 'exit 1' HUP INT TERM PIPE`.text
  const result = await session.run(`set -eu; umask 077\n${adopt}\n${finish(path, attributes, written.sha256)}`)
  if (result.status !== 0) throw failure('write', path, session, result.stderr)
  return written
}

/** Takes standard input into a temporary file beside the path. */
const receive = (path: string): string => {
  const template = posix.join(posix.dirname(path), `.${posix.basename(path).slice(0, 200)}.lifeboat.XXXXXX`)
  return [
    'set -eu; umask 077',
    sh`if [ -d ${path} ] && ! [ -L ${path} ]; then echo 'it is a directory' >&2; exit 1; fi`.text,
    sh`temporary=$(mktemp ${template})`.text,
    `trap 'rm -f -- "$temporary"' EXIT; trap 'exit 1' HUP INT TERM PIPE`,
    'cat > "$temporary"',
  ].join('\n')
}

/** Proves the temporary file, gives it its attributes and renames it. */
const finish = (path: string, attributes: FileAttributes, sha256: string): string => {
  const { mode, owner, group } = attributes
  return [
    'sum=$(sha256sum < "$temporary"); sum=${sum%% *}',
    sh`if [ "$sum" != ${sha256} ]; then echo "what arrived has the checksum $sum instead of ${sha256}" >&2; exit 1; fi`
      .text,
    // chown before chmod: it takes the setuid bits away.
    sh`if [ -f ${path} ] && ! [ -L ${path} ]; then was=$(stat -c '%u %g %a' ${path}); else was=; fi`.text,
    'mine=$(stat -c "%u %g" "$temporary")',
    owner === undefined
      ? 'if [ -n "$was" ] && [ "${was%% *}" != "${mine%% *}" ]; then chown "${was%% *}" "$temporary"; fi'
      : sh`chown ${owner} "$temporary"`.text,
    group === undefined
      ? 'if [ -n "$was" ]; then g=${was#* }; g=${g%% *}; [ "$g" = "${mine##* }" ] || chgrp "$g" "$temporary"; fi'
      : sh`chgrp ${group} "$temporary"`.text,
    mode === undefined
      ? 'if [ -n "$was" ]; then chmod "${was##* }" "$temporary"; else umask 022; chmod =rw "$temporary"; fi'
      : sh`chmod ${mode} "$temporary"`.text,
    'sync "$temporary" 2>/dev/null || sync',
    sh`mv -f "$temporary" ${path}`.text,
    'trap - EXIT',
    sh`sync ${posix.dirname(path)} 2>/dev/null || sync`.text,
  ].join('\n')
}

const gather = async (stream: Readable): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

const settled = (work: Promise<void>): Promise<Error | undefined> =>
  work.then(
    () => undefined,
    (error: Error) => error,
  )

/** The script ended before it had read everything: its status and stderr say why. */
const isClosedEarly = (error: Error): boolean =>
  ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  )

const stopAndForget = async (process: HostProcess): Promise<void> => {
  await process.kill('TERM').catch(() => {})
  await process.ended.catch(() => {})
}
