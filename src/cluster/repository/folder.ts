import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import type { RunResult, Session } from '../../host/connection.ts'
import type { RepositoryAccess } from './access.ts'
import { FRAME_FUNCTION, parseFrames } from './frames.ts'
import { type Identity, parseIdentity } from './identity.ts'
import type { RepositoryLayout } from './layout.ts'
import { parseSpace, type Space } from './space.ts'
import { STATE_SCRIPT } from './state-script.ts'

/** A cluster's folder in the repository, as it is on the host. */
export interface RepositoryFolder {
  readonly exists: boolean
  /** Of the folder; empty where it is not there. */
  readonly owner: string
  /** Four octal digits; empty where it is not there. */
  readonly mode: string
  /** The folders inside, `wal` and `backup`, are there. */
  readonly complete: boolean
  readonly identity: Identity | undefined
  /** No file lies in it, or it is not there. */
  readonly empty: boolean
  /** The repository is on the same file system as the data directory (trap A19). */
  readonly besideData: boolean
  /** The nearest folder that is there, where the user may not write into it. Only told by `inspectFolder`. */
  readonly closed?: string | undefined
  /** Of the file system that holds it; undefined where it is not there. */
  readonly space: Space | undefined
}

/**
 * Looks at a cluster's folder in the repository wherever that is, one round trip.
 *
 * @param session of the cluster's owner
 * @throws archive/repository-unreadable, archive/bad-identity, archive/no-link, archive/unreachable
 */
export const readFolder = async (
  session: Session,
  access: RepositoryAccess,
  dataDirectory: string,
): Promise<RepositoryFolder> => {
  const result = await session.run(access.state(dataDirectory))
  access.check(result)
  return parseFolder(result, access.layout, session.user)
}

/**
 * Looks at a cluster's folder in the repository, one round trip.
 *
 * @param session of root where there is one, else of the cluster's owner
 * @throws archive/repository-unreadable, archive/bad-identity
 */
export const inspectFolder = async (
  session: Session,
  layout: RepositoryLayout,
  dataDirectory: string,
): Promise<RepositoryFolder> => {
  const script = `LC_ALL=C; export LC_ALL
${FRAME_FUNCTION}
${sh`folder=${layout.folder} data=${dataDirectory}`.text}
${CLOSED_SCRIPT}${STATE_SCRIPT}`
  return parseFolder(await session.run(script), layout, session.user)
}

const CLOSED_SCRIPT = `place=$folder
while [ ! -e "$place" ]; do place=\${place%/*}; [ -n "$place" ] || place=/; done
[ -w "$place" ] || printf 'closed %s\\n' "$place"
`

/**
 * Reads what STATE_SCRIPT printed.
 *
 * @param user who ran it, for the message
 * @throws archive/repository-unreadable, archive/bad-identity
 */
export const parseFolder = (result: RunResult, layout: RepositoryLayout, user: string): RepositoryFolder => {
  const { status, stdout, stdoutBytes, stderr } = result
  const [, owner = '', mode = '', type = ''] = /^stat (\S+) (\d+) (.*)$/m.exec(stdout) ?? []
  if (status !== 0 || (type !== '' && type !== 'directory')) {
    const why = status === 0 ? `it is a ${type}` : stderr.trim()
    throw new LifeboatError('archive/repository-unreadable', `${layout.place} cannot be read by ${user}`, {
      hints: [why],
    })
  }
  const start = /^\d+ identity$/m.exec(stdoutBytes.toString('latin1'))?.index
  const frame = start === undefined ? undefined : parseFrames(stdoutBytes.subarray(start))[0]
  return {
    exists: owner !== '',
    owner,
    mode: mode === '' ? '' : mode.padStart(4, '0'),
    complete: /^complete$/m.test(stdout),
    empty: owner === '' || /^empty$/m.test(stdout),
    identity: frame && parseIdentity(frame.content.toString(), layout.identityFile),
    besideData: /^beside yes$/m.test(stdout),
    closed: /^closed (.*)$/m.exec(stdout)?.[1],
    space: /^space /m.test(stdout) ? parseSpace(/^space .*$/m.exec(stdout)?.[0] ?? '') : undefined,
  }
}
