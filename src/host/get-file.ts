import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { sh } from '../base/quote.ts'
import { formatSize } from '../base/size.ts'
import type { RunOptions, Session } from './connection.ts'
import { fileFailure } from './file-failure.ts'
import type { WrittenFile } from './files.ts'
import { measure } from './measure.ts'

const NOT_FOUND = 44
const TOO_LARGE = 45

type Options = Pick<RunOptions, 'signal'>

/**
 * Reads a file whole, into memory.
 *
 * @param options.most bytes that it may have
 * @throws host/file with `data.missing` true where there is no such file; host/lost
 */
export const getFile = async (
  session: Session,
  path: string,
  options: Options & { readonly most?: number | undefined } = {},
): Promise<Buffer> => {
  const { most, signal } = options
  const limit = most === undefined ? '' : sh`[ "$(stat -L -c %s ${path})" -le ${most} ] || exit ${TOO_LARGE}; `.text
  const result = await session.run(`${exists(path)}${limit}${sh`exec cat < ${path}`.text}`, { signal })
  if (result.status === TOO_LARGE) throw tooLarge(session, path, most ?? 0)
  if (result.status !== 0) throw failed(session, path, result.status, result.stderr)
  return result.stdoutBytes
}

/**
 * Brings a file of any size into a stream, and compares by SHA-256 what was sent with what arrived. Of a file that grows
 * meanwhile it brings what was there at the beginning.
 *
 * @throws host/file with `data.missing` true where there is no such file, and when it changed while it was read; host/lost
 */
export const getFileInto = async (
  session: Session,
  path: string,
  sink: Writable,
  options: Options = {},
): Promise<WrittenFile> => {
  const process = await session.start(readScript(path), options)
  process.stdin.end()
  let said = ''
  process.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-4096)
  })
  const measured = measure()
  const stored = pipeline(process.stdout, measured.stream, sink).catch(async (error: Error) => {
    await process.kill('KILL').catch(() => {})
    return error
  })
  const { status } = await process.ended
  const error = await stored
  if (error) throw fileFailure('read', path, session, `its content cannot be kept: ${error.message}`)
  const sent = /^sha256 ([0-9a-f]{64}|-)\n$/m.exec(said)?.[1]
  if (status !== 0 || sent === undefined) throw failed(session, path, status, said)
  const got = measured.result()
  if (sent !== '-' && sent !== got.sha256) throw fileFailure('read', path, session, 'it changed while it was read')
  return got
}

const exists = (path: string): string => sh`[ -e ${path} ] || [ -L ${path} ] || exit ${NOT_FOUND}; `.text

// Files of the kernel have no size until they are read, and need not say the same twice.
const readScript = (path: string): string => `${exists(path)}
${sh`if ! [ -f ${path} ]; then echo 'it is no file' >&2; exit 1; fi`.text}
${sh`size=$(stat -L -c %s ${path}) || exit`.text}
if [ "$size" = 0 ]; then
  ${sh`cat < ${path} || exit`.text}
  echo 'sha256 -' >&2
else
  ${sh`head -c "$size" < ${path} || exit`.text}
  ${sh`sum=$(head -c "$size" < ${path} | sha256sum) || exit`.text}
  echo "sha256 \${sum%% *}" >&2
fi
`

const failed = (session: Session, path: string, status: number, said: string): Error =>
  status === NOT_FOUND
    ? fileFailure('read', path, session, 'there is no such file', { missing: true })
    : fileFailure('read', path, session, said)

const tooLarge = (session: Session, path: string, most: number): Error =>
  fileFailure('read', path, session, `it is larger than ${formatSize(most)}`, { tooLarge: true })
