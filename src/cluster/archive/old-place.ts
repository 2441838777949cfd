import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'

/** Disks and the place that an earlier archive_command writes to. */
export interface Places {
  /** Bytes free and bytes in all, on the file system of `pg_wal`. */
  readonly wal: Space | undefined
  /** Of the repository, where it is a folder. */
  readonly repository: Space | undefined
  /** The folder of the earlier command, where it has one that exists. */
  readonly old: OldPlace | undefined
}

export interface Space {
  readonly free: number
  readonly size: number
}

export interface OldPlace {
  readonly folder: string
  /** Four octal digits. */
  readonly mode: string
  /** Where the file system that holds it is mounted. */
  readonly mount: string
  readonly besideData: boolean
  readonly insideData: boolean
}

/**
 * Looks at disks and at the folder of an earlier archive_command, one round trip.
 *
 * @param session of the cluster's owner
 * @param repository a folder that may not be there yet; undefined for one on another host
 */
export const inspectPlaces = async (
  session: Session,
  dataDirectory: string,
  repository: string | undefined,
  old: string | undefined,
): Promise<Places> => {
  const { stdout } = await session.run(`LC_ALL=C; export LC_ALL
${sh`data=${dataDirectory} repository=${repository ?? ''} old=${old ?? ''}`.text}
space() {
  place=$2
  while [ ! -e "$place" ]; do place=\${place%/*}; [ -n "$place" ] || place=/; done
  df -Pk "$place" 2>/dev/null | { read -r line; read -r _ size _ free _; printf '%s %s %s\\n' "$1" "$free" "$size"; }
}
space wal "$data/pg_wal/."
[ -z "$repository" ] || space repository "$repository"
[ -n "$old" ] && [ -d "$old" ] && cd "$old" || exit 0
printf 'old %s %s %s\\n' "$(stat -c %a .)" "$([ "$(stat -c %d .)" = "$(stat -c %d "$data")" ] && echo beside || echo apart)" "$(pwd -P)"
df -Pk . | { read -r line; read -r _ _ _ _ _ mount; printf 'mount %s\\n' "$mount"; }
`)
  const space = (name: string): Space | undefined => {
    const match = new RegExp(`^${name} (\\d+) (\\d+)$`, 'm').exec(stdout)
    return match ? { free: Number(match[1]) * 1024, size: Number(match[2]) * 1024 } : undefined
  }
  const found = /^old (\d+) (beside|apart) (.*)$/m.exec(stdout)
  return {
    wal: space('wal'),
    repository: space('repository'),
    old: found
      ? {
          folder: old ?? '',
          mode: (found[1] ?? '').padStart(4, '0'),
          mount: /^mount (.*)$/m.exec(stdout)?.[1] ?? '/',
          besideData: found[2] === 'beside',
          insideData: `${found[3]}/`.startsWith(`${dataDirectory}/`),
        }
      : undefined,
  }
}
