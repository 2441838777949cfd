import { formatSize } from '../../base/size.ts'
import { compressionOfCommand } from './command.ts'
import type { ArchiveState } from './inspect.ts'
import { type JudgedCommand, judgeCommand } from './judge-command.ts'
import type { Space } from './old-place.ts'

/**
 * What is dangerous in archiving as it is found, each with what it means: of an earlier set-up, that is about to be
 * replaced, and of what stays. Pure; a sentence each.
 */
export const dangersOf = (state: ArchiveState): string[] => [
  ...ofEarlier(state),
  ...ofSettings(state),
  ...ofDisks(state),
]

/** Whether another way of archiving than the one that shall be was in force until now. */
export const isMoved = ({ configuredCommand, archiver, settings }: ArchiveState): boolean =>
  archiver.archive_mode !== 'off' &&
  (archiver.archive_library !== '' ||
    (configuredCommand !== '' && place(configuredCommand) !== place(String(settings.wish.values.archive_command))))

// All that names a repository in a command of ours, without helper, lanes and compression; any other command whole.
const place = (command: string): string =>
  compressionOfCommand(command) === undefined
    ? command
    : command.replace(/^.*?\/push'? (-j \d+ )?/, '').replace(/ \w+ "%p" "%f" \|\| exit 1$/, '')

const ofEarlier = (state: ArchiveState): string[] => {
  const { archiver, configuredCommand } = state
  if (!isMoved(state)) return []
  if (archiver.archive_library !== '') {
    return [`archive_library was "${archiver.archive_library}": the archive that it fed gets no more WAL from now on`]
  }
  if (compressionOfCommand(configuredCommand) !== undefined) return []
  const judged = judgeCommand(configuredCommand)
  if (judged.kind === 'paused') {
    return [`archive_command was "${configuredCommand}", which paused archiving: what waited since is archived now`]
  }
  if (judged.kind === 'nothing') {
    return [
      `archive_command was "${configuredCommand}", which succeeds without archiving anything: PostgreSQL removed WAL that is in no archive, so no backup from before now can be brought any further; take a base backup now`,
    ]
  }
  return [
    `archive_command was "${configuredCommand}": the archive that it fed gets no more WAL from now on`,
    ...ofCommand(judged),
    ...ofOldPlace(state, judged),
    ...ofConfiguration(state),
    ...(archiver.ready >= BEHIND
      ? [`archiving had fallen behind, ${archiver.ready} segments wait: the earlier command was run for one at a time`]
      : []),
  ]
}

/** Segments that wait, from which on one speaks of falling behind. */
const BEHIND = 16

const ofCommand = (judged: JudgedCommand): string[] => [
  ...(judged.refusesRepeated
    ? [
        'the earlier command refused a file that was there already, though PostgreSQL sends one twice after a crash: archiving would have stopped for good, until pg_wal was full',
      ]
    : []),
  ...(judged.writesInPlace
    ? [
        'the earlier command wrote under the final name and flushed nothing to disk: after a crash a segment of that archive may be cut short; verify it before you rely on it',
      ]
    : []),
]

const ofOldPlace = ({ places, cluster }: ArchiveState, judged: JudgedCommand): string[] => {
  const { old } = places
  if (!old) return []
  const name = old.folder
  return [
    ...(old.insideData
      ? [`the earlier archive ${name} is inside the data directory: what takes the one takes the other`]
      : []),
    ...(old.besideData && !old.insideData
      ? [`the earlier archive ${name} is on the disk of the data directory: what takes the one takes the other`]
      : []),
    ...(/[1-7].$|[1-7]$/.test(old.mode)
      ? [
          `others than ${cluster.owner} may look into the earlier archive ${name} (mode ${old.mode}): WAL holds the data itself`,
        ]
      : []),
    ...(old.mount !== '/' && !old.besideData && !judged.checksMount
      ? [
          `the earlier command did not look whether ${old.mount} is mounted: at times when it was not, WAL went to the disk below it, where nobody finds it`,
        ]
      : []),
  ]
}

// Debian's layout.
const ofConfiguration = ({ cluster }: ArchiveState): string[] =>
  cluster.configFile.startsWith(`${cluster.dataDirectory}/`)
    ? []
    : [
        `the configuration, ${cluster.configFile}, is neither in WAL nor in a copy of the data directory: backups made with the earlier archive lack it (postgresql_backup takes it along)`,
      ]

const ofSettings = ({ archiver, settings }: ArchiveState): string[] => {
  const { archive_cleanup_command: cleanup, recovery_end_command: end } = archiver
  const wished = Number.parseInt(String(settings.wish.values.archive_timeout), 10)
  return [
    ...(deletes(cleanup)
      ? [
          `archive_cleanup_command is "${cleanup}": every recovery runs it and deletes from the archive, also what base backups need; take it out`,
        ]
      : []),
    ...(deletes(end)
      ? [
          `recovery_end_command is "${end}": it deletes files at the end of every recovery, by names that PostgreSQL gives relative to the data directory; take it out`,
        ]
      : []),
    ...(wished === 0
      ? [
          'archive_timeout is 0: with little traffic a segment is archived when it is full, if ever, and a disaster costs all that is in it',
        ]
      : []),
    ...(wished !== 0 && archiver.archive_timeout === 0 && archiver.archive_mode !== 'off'
      ? [
          'archive_timeout was 0: with little traffic a segment was archived when it was full, if ever, and a disaster would have cost all that was in it',
        ]
      : []),
  ]
}

/** Whether a command of recovery takes files away. */
export const deletes = (command: string): boolean => /pg_archivecleanup|\brm\b|\bunlink\b|-delete\b/.test(command)

const ofDisks = ({ folder, layout, places, archiver }: ArchiveState): string[] => {
  const short = (space: Space | undefined): boolean =>
    space !== undefined && space.free < Math.max(space.size / 20, 64 * archiver.wal_segment_size)
  const left = (space: Space): string => `${formatSize(space.free)} of ${formatSize(space.size)}`
  const { repository, wal } = places
  return [
    ...(folder.besideData
      ? [`${layout.root} is on the disk of the data directory: what takes the one takes the other`]
      : []),
    ...(repository && short(repository)
      ? [`${layout.root} has ${left(repository)} left: when it is full, WAL stays in pg_wal until that is full too`]
      : []),
    ...(wal && short(wal)
      ? [`pg_wal has ${left(wal)} left: when it is full PostgreSQL stops, with nothing committed lost`]
      : []),
  ]
}
