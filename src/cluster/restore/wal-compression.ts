import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import type { Cluster } from '../locate.ts'
import type { Resolution } from './resolve-target.ts'

/** Methods for the pages in WAL that a server may have been built without (wal_compression, from 15 on). */
const OPTIONAL = ['lz4', 'zstd'] as const

/**
 * Asks the server's binary on this host which methods of wal_compression it was built without: given a value that is
 * none, it lists those it has. Nothing is started.
 *
 * @param session of the cluster's owner
 */
export const lackedCompressions = async (session: Session, cluster: Cluster): Promise<readonly string[]> => {
  if (cluster.majorVersion < 15) return []
  const { stdout } = await session.run(`LC_ALL=C; export LC_ALL
scratch=$(mktemp -d) || exit 0
trap 'rm -rf "$scratch"' EXIT
: > "$scratch/postgresql.conf"
${sh`${`${cluster.binDirectory}/postgres`}`.text} -D "$scratch" -c wal_compression=which -C wal_compression 2>&1 < /dev/null`)
  const known = /Available values: (.*)\./.exec(stdout)?.[1]?.split(', ')
  return known === undefined ? [] : OPTIONAL.filter((method) => !known.includes(method))
}

/**
 * Refuses WAL whose pages this host's server could not unpack: pg_waldump reads over them, and replay would stop there.
 *
 * @throws restore/wal-compression (trap R38)
 */
export const checkWalCompression = ({ proof }: Resolution, lacked: readonly string[]): void => {
  const missing = lacked.filter((method) => proof.images.includes(method))
  if (missing.length === 0) return
  throw new LifeboatError(
    'restore/wal-compression',
    `the WAL holds pages compressed with ${missing.join(' and ')}, which PostgreSQL on this host was built without`,
    {
      hints: [
        `install a PostgreSQL that was configured ${missing.map((method) => `--with-${method}`).join(' ')}, as on the source`,
        "for backups to come: wal_compression = 'pglz' on the source",
      ],
    },
  )
}
