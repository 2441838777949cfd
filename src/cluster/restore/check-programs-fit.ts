import { LifeboatError } from '../../base/errors.ts'
import type { RestorePlan } from './restore-plan.ts'

/**
 * Refuses programs that are older than those of the source, which may lack what its WAL needs, and libraries that the
 * server would not start without (trap R27).
 *
 * @throws restore/older-minor, restore/missing-library
 */
export const checkProgramsFit = (plan: RestorePlan): void => {
  const { host, resolution, wish } = plan
  const { backup } = resolution
  const here = minorOf(host.binaries)
  const there = minorOf(backup.postgresql_version)
  if (here !== undefined && there !== undefined && here < there && !wish.older_minor) {
    throw new LifeboatError(
      'restore/older-minor',
      `${host.binaries} is older than the PostgreSQL ${backup.postgresql_version} that wrote the backup`,
      {
        hints: [
          'update PostgreSQL on this host: a newer minor version may write WAL that an older one replays wrong',
          'older_minor: true restores all the same',
        ],
      },
    )
  }
  const missing = libraries(plan).filter((name) => host.libraries.size > 0 && !host.libraries.has(name))
  if (missing.length === 0) return
  throw new LifeboatError(
    'restore/missing-library',
    `the host lacks ${missing.join(', ')} of shared_preload_libraries, without which the server does not start`,
    { hints: ['install the packages that the source has'] },
  )
}

/** The minor version in `postgres (PostgreSQL) 15.20 (Debian …)` or `15.20`; undefined for development versions. */
const minorOf = (text: string): number | undefined => {
  const minor = /(?:^|\) )\d+\.(\d+)/.exec(text)?.[1]
  return minor === undefined ? undefined : Number(minor)
}

// Only where the configuration comes out of the backup; otherwise the host's own counts, and fits it.
const libraries = ({ host, cluster, resolution }: RestorePlan): readonly string[] =>
  cluster.layout !== 'plain' || host.old.control !== undefined
    ? []
    : resolution.backup.settings.shared_preload_libraries
        .split(',')
        .map((name) => name.trim().replace(/^"|"$/g, ''))
        .filter((name) => name !== '' && !name.includes('/'))
        .map((name) => name.replace(/\.so$/, ''))
