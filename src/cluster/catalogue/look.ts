import { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import type { RepositoryLayout } from '../repository/layout.ts'
import { READER_FUNCTION } from '../retention/readers.ts'

/** What the files of a repository tell beside their names and contents. */
export interface RepositoryLook {
  /** When each file of the archive was written, in seconds since 1970 UTC, by its path below `wal`. */
  readonly written: ReadonlyMap<string, number>
  /** Bytes of each folder below `backup`, whatever it is. */
  readonly folders: ReadonlyMap<string, number>
  /** Who reads a backup at the moment, by the backup's id. */
  readonly readers: ReadonlyMap<string, string>
  /** Undefined where it cannot be known from here, as over SSH. */
  readonly space: Space | undefined
}

/** Space of a file system, in bytes. */
export interface Space {
  readonly total: number
  readonly free: number
}

/**
 * Looks at what a listing does not tell, one round trip: times, sizes of folders, readers, free space. Of a repository on
 * another host nothing of it is known.
 *
 * @param session of a user who may read the folder
 * @throws retention/cannot-look
 */
export const lookAround = async (session: Session, layout: RepositoryLayout): Promise<RepositoryLook> => {
  // The key of a database host lists names and sizes, and nothing else of this.
  if (layout.location.kind === 'ssh') {
    return { written: new Map(), folders: new Map(), readers: new Map(), space: undefined }
  }
  const { status, stdout, stderr } = await session.run(lookScript(layout))
  if (status !== 0) {
    throw new LifeboatError('retention/cannot-look', `${layout.folder} cannot be looked at by ${session.user}`, {
      hints: [stderr.trim() || `the script ended with status ${status}`],
    })
  }
  const look = { written: new Map(), folders: new Map(), readers: new Map() } satisfies Partial<RepositoryLook>
  let space: Space = { total: 0, free: 0 }
  for (const line of stdout.split('\n')) {
    const [word = '', first = '', rest = ''] = /^(\S+) (\S+) ?(.*)$/.exec(line)?.slice(1) ?? []
    if (word === 'time') look.written.set(rest.replace(/^\.\//, ''), Number(first))
    else if (word === 'size') look.folders.set(rest, Number(first) * 1024)
    else if (word === 'reader') look.readers.set(first, rest)
    else if (word === 'space') space = parseSpace(line)
  }
  return { ...look, space }
}

/** sh: prints `space` and the last line of `df` for a folder. */
export const SPACE_FUNCTION = `space_of() { printf 'space %s\\n' "$(df -P -k "$1" | tail -n 1)"; }
`

/** Reads what `space_of` printed. The name of a device may hold spaces, so it is read from its end. */
export const parseSpace = (line: string): Space => {
  const [, total, , free] = /(\d+)\s+(\d+)\s+(-?\d+)\s+\d+%\s/.exec(line) ?? []
  return { total: Number(total ?? 0) * 1024, free: Math.max(0, Number(free ?? 0)) * 1024 }
}

const lookScript = (layout: RepositoryLayout): string => `LC_ALL=C; export LC_ALL
${SPACE_FUNCTION}${READER_FUNCTION}
cd ${quote(layout.folder)} || exit 1
space_of .
[ ! -d wal ] || (cd wal && find . -name .push -prune -o -type f -exec stat -c 'time %Y %n' {} +)
cd backup 2>/dev/null || exit 0
for folder in [0-9]*; do
  [ -d "$folder" ] || continue
  size=$(du -sk "$folder" 2>/dev/null) && printf 'size %s %s\\n' "\${size%%[!0-9]*}" "$folder"
  reader=$(reader_of "$folder")
  [ -z "$reader" ] || printf 'reader %s %s\\n' "$folder" "$reader"
done
exit 0
`
