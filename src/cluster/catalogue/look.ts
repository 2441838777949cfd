import { LifeboatError } from '../../base/errors.ts'
import type { Session } from '../../host/connection.ts'
import { openAccess } from '../repository/access.ts'
import type { RepositoryLayout } from '../repository/layout.ts'
import { parseSpace, type Space } from '../repository/space.ts'

/** What the files of a repository tell beside their names and contents. */
export interface RepositoryLook {
  /** When each file of the archive was written, in seconds since 1970 UTC, by its path below `wal`. */
  readonly written: ReadonlyMap<string, number>
  /** Bytes of each folder below `backup`, whatever it is. */
  readonly folders: ReadonlyMap<string, number>
  /** Who reads a backup at the moment, by the backup's id. */
  readonly readers: ReadonlyMap<string, string>
  /** Of the file system that holds it. */
  readonly space: Space
}

/**
 * Looks at what a listing does not tell, one round trip: times, sizes of folders, readers, free space.
 *
 * @param session of a user who may read the folder; over SSH of the cluster's owner on the database host
 * @throws retention/cannot-look, archive/no-link, archive/unreachable
 */
export const lookAround = async (session: Session, layout: RepositoryLayout): Promise<RepositoryLook> => {
  const access = await openAccess(session, layout)
  const result = await session.run(access.look())
  access.check(result)
  if (result.status !== 0) {
    throw new LifeboatError('retention/cannot-look', `${layout.place} cannot be looked at by ${session.user}`, {
      hints: [result.stderr.trim() || `the script ended with status ${result.status}`],
    })
  }
  const look = { written: new Map(), folders: new Map(), readers: new Map() } satisfies Partial<RepositoryLook>
  let space: Space = { total: 0, free: 0 }
  for (const line of result.stdout.split('\n')) {
    const [word = '', first = '', rest = ''] = /^(\S+) (\S+) ?(.*)$/.exec(line)?.slice(1) ?? []
    if (word === 'time') look.written.set(rest.replace(/^\.\//, ''), Number(first))
    else if (word === 'size') look.folders.set(rest, Number(first) * 1024)
    else if (word === 'reader') look.readers.set(first, rest)
    else if (word === 'space') space = parseSpace(line)
  }
  return { ...look, space }
}
