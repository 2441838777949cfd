import { LifeboatError } from '../../base/errors.ts'
import { formatSize } from '../../base/size.ts'
import type { WalCompression } from '../repository/wal-file.ts'
import { STRANDED, STRANDED_HINTS } from '../stranded.ts'
import { checkProgramsFit } from './check-programs-fit.ts'
import { type HostState, normalLocale } from './host-state.ts'
import type { RestorePlan } from './restore-plan.ts'
import { isUnproven } from './sweep.ts'
import { checkTablespaces } from './tablespace-places.ts'
import { chainOfPlan } from './unpack-chain.ts'

/**
 * Everything that can be known to go wrong before anything is touched: what runs, what is in the way,
 * programs, space, locales, tablespaces.
 *
 * @throws restore/cluster-running, restore/directory-not-empty, restore/directory-is-mount-point,
 *   restore/not-writable, restore/missing-program, restore/no-space, restore/locale-missing,
 *   restore/tablespace-in-use, restore/undo-unfinished, restore/older-minor, restore/missing-library
 */
export const preflight = (plan: RestorePlan): void => {
  checkUndo(plan)
  checkOccupation(plan)
  checkPlace(plan)
  checkPrograms(plan)
  checkProgramsFit(plan)
  checkTablespaces(plan.tablespaces, plan.host)
  checkReplayedTablespaces(plan)
  checkWalDirectory(plan)
  checkSpace(plan)
  checkLocales(plan)
}

const checkUndo = ({ host }: RestorePlan): void => {
  if (host.undo === undefined) return
  throw new LifeboatError(
    'restore/undo-unfinished',
    `the undoing of the restore ${host.undo.restore} was interrupted in ${host.dataDirectory}`,
    { hints: ['end it first: postgresql_restore_undo goes on where it stopped (playbook undo-restore.yml)'] },
  )
}

/**
 * Refuses to replace what the user has not said may be replaced.
 *
 * @throws restore/cluster-running, restore/directory-not-empty
 */
export const checkOccupation = (plan: Pick<RestorePlan, 'host' | 'wish'>): void => {
  const { host, wish } = plan
  const path = host.dataDirectory
  if (wish.replace || isUnproven(host)) return
  if (host.servers.length > 0) {
    throw new LifeboatError('restore/cluster-running', `PostgreSQL is running in ${path}, pid ${host.servers[0]}`, {
      hints: ['replace: true stops it and moves its data directory aside'],
      data: { pids: [...host.servers] },
    })
  }
  if (host.exists && !host.empty) {
    const what = host.version === undefined ? 'is not empty' : `holds a cluster of PostgreSQL ${host.version}`
    throw new LifeboatError('restore/directory-not-empty', `${path} ${host.stranded ? STRANDED : what}`, {
      hints: host.stranded ? STRANDED_HINTS : ['replace: true moves it aside; nothing is removed'],
    })
  }
}

const checkPlace = ({ host, cluster }: RestorePlan): void => {
  if (host.isMountPoint) {
    throw new LifeboatError('restore/directory-is-mount-point', `${host.dataDirectory} is a mount point`, {
      hints: [
        'it cannot be moved aside: nothing of a data directory is ever removed first',
        `let the cluster live in a folder below it: ${host.dataDirectory}/${cluster.majorVersion}`,
      ],
    })
  }
  if (!host.parentWritable) {
    const parent = host.dataDirectory.replace(/\/[^/]*$/, '') || '/'
    throw new LifeboatError('restore/not-writable', `${host.user} may not write ${parent}`, {
      hints: [
        'the new data directory is built beside the old one, which is then renamed',
        `chown ${host.user} ${parent}`,
      ],
    })
  }
}

const PROGRAMS: Readonly<Record<WalCompression, readonly string[]>> = {
  none: [],
  zstd: ['zstd'],
  lz4: ['lz4'],
  gzip: ['gzip'],
}

const checkPrograms = (plan: RestorePlan): void => {
  const { repository, resolution, host, wish } = plan
  const archives = chainOfPlan(plan).map(({ compression }) => compression)
  const compressions = new Set([...archives, ...repository.wal.map((file) => file.compression)])
  const hasManifest = resolution.backup.files.some((file) => file.contents === 'manifest')
  const needed = new Set([
    'tar',
    'pg_ctl',
    'psql',
    ...[...compressions].flatMap((compression) => PROGRAMS[compression]),
    ...(wish.verify && hasManifest ? ['pg_verifybackup'] : []),
    ...(resolution.backup.parent === null ? [] : ['pg_combinebackup']),
    ...(repository.layout.location.kind === 'ssh' ? ['ssh'] : []),
  ])
  const missing = [...needed].filter((name) => !host.programs.has(name))
  if (missing.length === 0) return
  throw new LifeboatError('restore/missing-program', `${missing.join(', ')} is not installed on the host`, {
    hints: missing.includes('ssh')
      ? ['a repository host is reached with openssh-client']
      : [`the backup is compressed with ${resolution.backup.compression}`],
  })
}

/** Tablespaces that were created after the backup are replayed at the paths in the WAL, whatever lies there (R25). */
const checkReplayedTablespaces = ({ resolution, host, tablespaces }: RestorePlan): void => {
  const own = new Set([...host.old.tablespaces.values(), ...tablespaces.map(({ to }) => to)])
  const end = resolution.stop?.lsn ?? resolution.reach
  for (const { path, lsn } of resolution.proof.tablespaces) {
    const folder = host.folders.get(path)
    if (!folder || own.has(path) || lsn > end) continue
    if (folder.exists && folder.entries.length === 0 && folder.writable) continue
    throw new LifeboatError(
      'restore/tablespace-in-use',
      `the WAL creates a tablespace in ${path}, which ${folder.exists ? 'is not empty here' : 'does not exist here'}`,
      {
        hints: [
          'replay uses the very path in the WAL: it cannot be mapped',
          folder.exists
            ? 'another cluster may be using it: restore on another host, or from a backup taken after it was created'
            : `create it for the owner of the cluster: install -d -m 0700 -o ${host.user} ${path}`,
        ],
      },
    )
  }
}

const checkWalDirectory = ({ walDirectory, host }: RestorePlan): void => {
  if (walDirectory === undefined) return
  const folder = host.folders.get(walDirectory)
  const taken =
    folder !== undefined &&
    folder.entries.length > 0 &&
    walDirectory !== host.old.walLink &&
    !putInPlace(host).has(walDirectory)
  if (taken) {
    throw new LifeboatError('restore/wal-directory-in-use', `the folder ${walDirectory} for pg_wal is not empty`, {
      hints: ['name an empty one with wal_directory'],
    })
  }
  if (folder && !folder.parentWritable) {
    throw new LifeboatError('restore/not-writable', `${host.user} may not write the folder above ${walDirectory}`, {
      hints: ['the WAL of the old cluster is moved aside there'],
    })
  }
}

/** Folders into which an interrupted restore has put what it had built. */
const putInPlace = ({ journal }: HostState): ReadonlySet<string> =>
  new Set(journal?.stage === 'in-place' ? journal.put_in_place.map(({ to }) => to) : [])

const MARGIN = 64 * 1024 * 1024

/** Bytes a restore needs beside what is there: the files of the backup, the WAL that is kept during replay, a margin. */
const spaceNeeded = (plan: RestorePlan): number => {
  const { proof } = plan.resolution
  const wal = Math.min(proof.segments, 64) * plan.identity.wal_segment_size
  const sizes = chainOfPlan(plan).map(({ size }) => size)
  const all = sizes.reduce((sum, size) => sum + size, 0)
  // The parts of a chain and what is put together of them lie side by side for a while.
  return (sizes.length === 1 ? all : 2 * all) + wal + MARGIN
}

const checkSpace = (plan: RestorePlan): void => {
  const { host, wish, resolution } = plan
  const needed = spaceNeeded(plan)
  if (plan.resumption || host.free >= needed || (wish.set_aside === 'wal' && plan.setAside !== undefined)) return
  const earlier = host.remains.filter((path) => path.includes('.before-'))
  throw new LifeboatError(
    'restore/no-space',
    `${formatSize(needed)} are needed beside ${host.dataDirectory}, ${formatSize(host.free)} are free`,
    {
      hints: [
        `the backup ${resolution.backup.id} has ${formatSize(resolution.backup.size)}`,
        ...earlier.map((path) => `set aside by an earlier restore, yours to remove: ${path}`),
        ...(plan.setAside
          ? ['set_aside: wal keeps only pg_wal of the old data directory and frees the rest first']
          : []),
      ],
      data: { needed, free: host.free },
    },
  )
}

/** A database in a locale that the host has not refuses every connection (trap R28). */
const checkLocales = ({ resolution, host }: RestorePlan): void => {
  if (host.locales.size === 0) return
  const builtIn = (name: string): boolean => /^(C|POSIX)(\..*)?$/.test(name)
  const missing = new Set(
    resolution.backup.databases
      .flatMap(({ collate, ctype }) => [collate, ctype])
      .filter((name) => name !== '' && !builtIn(name) && !host.locales.has(normalLocale(name))),
  )
  if (missing.size === 0) return
  throw new LifeboatError('restore/locale-missing', `the host has no locale ${[...missing].join(', ')}`, {
    hints: ['a database of that locale would refuse connections', 'generate it: locale-gen, or localedef'],
  })
}
