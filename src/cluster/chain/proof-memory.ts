import { quote } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import type { RepositoryAccess } from '../repository/access.ts'
import { formatPieces, memoryOf, type ProvenMemory, parsePieces } from './proven-pieces.ts'

/** Name of the file in which it is noted what of an archive was proven. */
export const PROVEN_FILE = 'proven.json'

/**
 * Opens what was proven of an archive before. The file lies in the cluster's folder of a repository that is a folder of
 * this host, and beside the key on this host where the repository is on another one: who may only read keeps it too.
 *
 * It saves time and proves nothing by itself: a file that rots on the disk without being written keeps size and times. So
 * restores and retention never ask it.
 *
 * @param anew nothing that was noted counts, and is noted anew
 * @returns undefined where it cannot be known whether files have changed
 */
export const openMemory = async (
  session: Session,
  access: RepositoryAccess,
  systemIdentifier: string,
  anew: boolean,
): Promise<ProvenMemory | undefined> => {
  const stamps = await session.run(access.stamps())
  if (stamps.status !== 0) return undefined
  const known = anew ? '' : (await session.run(`cat ${quote(access.note(PROVEN_FILE))} 2>/dev/null`)).stdout
  return memoryOf(parsePieces(known, systemIdentifier), parseStamps(stamps.stdout))
}

/**
 * Notes what is proven now.
 *
 * @returns whether it could be written
 */
export const saveMemory = async (
  session: Session,
  access: RepositoryAccess,
  systemIdentifier: string,
  memory: ProvenMemory,
): Promise<boolean> => {
  const file = quote(access.note(PROVEN_FILE))
  const { status } = await session.run(
    `umask 077
trap 'rm -f '${quote(file)}.$$ EXIT
cat > ${file}.$$ && { sync ${file}.$$ 2>/dev/null || sync; } && mv -f ${file}.$$ ${file}`,
    { stdin: formatPieces(memory.pieces(), systemIdentifier) },
  )
  return status === 0
}

// A file that was written a moment ago could be changed once more without a later time to show it.
const SETTLED_SECONDS = 1

const parseStamps = (text: string): ReadonlyMap<string, string> => {
  const now = Number(/^now (\d+)$/m.exec(text)?.[1] ?? 0)
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, stamp = '', changed, path = ''] = /^(\d+ \d+ (\d+)) (wal\/.*)$/.exec(line) ?? []
      return changed !== undefined && Number(changed) < now - SETTLED_SECONDS ? [[path, stamp] as const] : []
    }),
  )
}
