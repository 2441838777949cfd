import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import type { Cluster } from '../locate.ts'
import type { RepositoryAccess } from '../repository/access.ts'
import { readFolder } from '../repository/folder.ts'
import { parseSpace, SPACE_FUNCTION } from '../repository/space.ts'

/** What the host says, as far as a backup asks. */
export interface HostFacts {
  /** `pg_basebackup --version`, empty where it is missing. */
  readonly programVersion: string
  /** Compressors that the host has. */
  readonly programs: readonly string[]
  readonly cores: number
  /** Bytes free in the repository. */
  readonly free: number
  /** Bytes free where the scratch folder will be. */
  readonly scratchFree: number
  /** A replication connection was let in. */
  readonly replication: boolean
  /** What the server said to it. */
  readonly replicationMessage: string
  /** GNU tar: whose messages about files that vanish or change are known (trap B9). */
  readonly gnuTar: boolean
  /** Files and folders whose names a list of names cannot carry: with line ends, backslashes, or blanks at an end. */
  readonly oddNames: number
  /** Links, sockets and the like in the data directory, which a backup leaves out in silence (trap B4). */
  readonly leftOut: readonly string[]
  /** Files that pg_hba.conf takes names from with `@`. */
  readonly nameFiles: readonly string[]
  readonly walDirectory: string | null
}

const ODD = ["'*\n*'", "'*\\\\*'", "' *'", "'* '", "'-*'"].map((pattern) => `-name ${pattern}`).join(' -o ')

/**
 * Asks the host all that a backup needs to know, and the repository for its room. The replication connection is really tried: pg_hba.conf
 * has rules of its own for it (trap B19).
 *
 * @param session of the cluster's owner
 */
export const readHostFacts = async (
  session: Session,
  cluster: Cluster,
  access: RepositoryAccess,
): Promise<HostFacts> => {
  const folder = await readFolder(session, access, '')
  const { stdout } = await session.run(`LC_ALL=C; export LC_ALL
${sh`PGHOST=${cluster.socketDirectory} PGPORT=${cluster.port} bin=${cluster.binDirectory} data=${cluster.dataDirectory} hba=${cluster.hbaFile}`.text}
export PGHOST PGPORT
unset PGSERVICE PGSERVICEFILE PGHOSTADDR PGOPTIONS PGDATABASE
printf 'version %s\\n' "$("$bin/pg_basebackup" --version 2>/dev/null)"
for program in zstd lz4 pigz gzip; do ! command -v $program >/dev/null || printf 'program %s\\n' $program; done
printf 'cores %s\\n' "$(nproc 2>/dev/null || echo 1)"
${SPACE_FUNCTION}${sh`place=${access.scratch}`.text}
while [ ! -e "$place" ]; do place=\${place%/*}; [ -n "$place" ] || place=/; done
space_of "$place"
if said=$("$bin/psql" -X -w -A -t -d 'replication=true' -c IDENTIFY_SYSTEM 2>&1); then echo replication
else printf 'refused %s\\n' "$(printf '%s' "$said" | tr '\\n' ' ')"; fi
tar --version 2>/dev/null | head -n 1 | grep GNU | sed 's/^/tar /'
for place in "$data" "$data"/pg_tblspc/*/PG_*; do find "$place/." \\( ${ODD} \\) 2>/dev/null; done | sed 's/.*/odd/'
[ ! -L "$data/pg_wal" ] || printf 'wal %s\\n' "$(readlink "$data/pg_wal")"
cd "$data" && {
  find . -type l ! -path './pg_tblspc/*' ! -path ./pg_wal | sed 's/^/left link /'
  find . ! -type f ! -type d ! -type l ! -name '.s.PGSQL.*' | sed 's/^/left special file /'
} 2>/dev/null
sed 's/#.*//' "$hba" 2>/dev/null | tr ' \\t,"' '\\n\\n\\n\\n' | sed -n 's/^@//p' | sort -u | while IFS= read -r name; do
  case $name in /*) ;; *) name=\${hba%/*}/$name ;; esac
  [ ! -f "$name" ] || printf 'names %s\\n' "$name"
done
exit 0
`)
  const all = (key: string): string[] =>
    stdout.split('\n').flatMap((line) => (line.startsWith(`${key} `) ? [line.slice(key.length + 1)] : []))
  return {
    programVersion: all('version')[0] ?? '',
    programs: all('program'),
    cores: Number(all('cores')[0] ?? 1) || 1,
    free: folder.space?.free ?? 0,
    scratchFree: parseSpace(`space ${all('space')[0] ?? ''}`).free,
    replication: /^replication$/m.test(stdout),
    replicationMessage: (all('refused')[0] ?? '').trim(),
    gnuTar: all('tar').length > 0,
    oddNames: stdout.split('\n').filter((line) => line === 'odd').length,
    leftOut: all('left')
      .map((what) => what.replace(' ./', ' '))
      .sort(),
    nameFiles: all('names'),
    walDirectory: all('wal')[0] ?? null,
  }
}
