import type { Catalogue } from './types.ts'

export const restoreCatalogue = {
  'restore/no-space': { exit: 2, meaning: 'There is not enough free space on the host for what a restore unpacks.' },
  'restore/cannot-read-wal': {
    exit: 2,
    meaning: 'WAL cannot be read on the host: pg_waldump, awk or the program that unpacks the archive is missing.',
  },
  'restore/cannot-look': { exit: 2, meaning: 'The place of a restore cannot be looked at on the host.' },
  'restore/no-backup': { exit: 2, meaning: 'The repository holds no whole backup of the cluster.' },
  'restore/no-such-backup': { exit: 2, meaning: 'The backup that was named is not in the repository, or is damaged.' },
  'restore/no-such-timeline': { exit: 2, meaning: 'The timeline that was named is not in the archive.' },
  'restore/timeline-unreachable': {
    exit: 2,
    meaning: 'No backup lies on the way to the timeline: it was forked before the backup ended.',
  },
  'restore/timeline-choice': {
    exit: 2,
    meaning: 'The archive holds several futures of the cluster, and the target could be in any: name target_timeline.',
  },
  'restore/history-lost': {
    exit: 2,
    meaning:
      'The archive holds WAL of a timeline without its history file, so nobody can tell where it was forked and what belongs to the state that is asked for.',
  },
  'restore/target-before-backup': {
    exit: 2,
    meaning:
      'The target lies before the end of every backup. PostgreSQL would stop at a later state without saying so, so nothing was restored.',
  },
  'restore/target-after-end': {
    exit: 2,
    meaning:
      'The target lies behind all that is archived. For a time this is so even where all data is there: recovery stops only at a transaction behind it.',
  },
  'restore/target-not-found': { exit: 2, meaning: 'The restore point or transaction is not in the archived WAL.' },
  'restore/wal-missing': { exit: 2, meaning: 'A WAL segment on the way to the target is not in the archive.' },
  'restore/wal-truncated': { exit: 2, meaning: 'A WAL segment on the way to the target has not its full size.' },
  'restore/wal-foreign': { exit: 2, meaning: 'A WAL segment on the way to the target was written by another cluster.' },
  'restore/wal-unreadable': { exit: 2, meaning: 'A WAL segment on the way to the target cannot be read or unpacked.' },
  'restore/wal-corrupt': {
    exit: 2,
    meaning: 'A WAL record on the way to the target is damaged. PostgreSQL would end recovery there in silence.',
  },
  'restore/no-binaries': { exit: 2, meaning: 'The version of PostgreSQL that the backup needs is not on the host.' },
  'restore/cluster-running': {
    exit: 2,
    meaning: 'A server runs in the data directory. replace: true stops it and moves its data aside.',
  },
  'restore/directory-not-empty': {
    exit: 2,
    meaning: 'The data directory holds something. replace: true moves it aside; nothing is removed.',
  },
  'restore/directory-is-mount-point': {
    exit: 2,
    meaning: 'The data directory is a mount point and cannot be moved aside: use a folder below it.',
  },
  'restore/not-writable': { exit: 2, meaning: 'A folder that a restore has to write is not writable for the owner.' },
  'restore/version': { exit: 2, meaning: 'The backup and the cluster are of different major versions.' },
  'restore/missing-program': { exit: 2, meaning: 'A program that a restore needs is not installed on the host.' },
  'restore/tablespace-in-use': {
    exit: 2,
    meaning: 'Something lies where a tablespace would go, or the folder is missing. See tablespace_mapping.',
  },
  'restore/bad-tablespace-mapping': {
    exit: 2,
    meaning: 'tablespace_mapping names a tablespace that the backup has not, or a place that cannot be used.',
  },
  'restore/wal-directory-in-use': {
    exit: 2,
    meaning: 'The folder for pg_wal is not empty and not that of the old cluster.',
  },
  'restore/locale-missing': {
    exit: 2,
    meaning: 'A database of the backup uses a locale that the host has not; it would refuse every connection.',
  },
  'restore/step-failed': { exit: 2, meaning: 'A step of a restore failed on the host. The next run begins anew.' },
  'restore/unpack-failed': {
    exit: 2,
    meaning: 'A file of the backup cannot be unpacked: it is damaged, or cannot be read.',
  },
  'restore/backup-damaged': { exit: 2, meaning: 'The files of the backup are not those of its manifest.' },
  'restore/recovery-failed': {
    exit: 2,
    meaning:
      'The server ended during recovery. The old cluster lies set aside, and the message says how to get it back.',
  },
  'restore/target-missed': {
    exit: 2,
    meaning: 'Recovery ended at another point than was asked for. The old cluster lies set aside.',
  },
  'restore/nothing-to-put-back': {
    exit: 2,
    meaning: 'The cluster that a restore had replaced is not there any more, or only its WAL was kept.',
  },
  'restore/undo-unfinished': {
    exit: 2,
    meaning: 'The undoing of a restore was interrupted. postgresql_restore_undo goes on where it stopped.',
  },
  'restore/not-releasable': {
    exit: 2,
    meaning:
      'What was set aside is not removed yet: the restore is not ended, or no whole cluster stands in its place.',
  },
  'restore/not-confirmed': {
    exit: 2,
    meaning: 'Clusters that were set aside are removed only with confirm: true.',
  },
  'restore/locked': {
    exit: 2,
    meaning: 'Another run restores into the same data directory, or undoes a restore of it.',
  },
  'restore/changed-meanwhile': {
    exit: 2,
    meaning: 'The place of a restore has changed since it was planned: another run was faster. Run it again.',
  },
  'restore/older-minor': {
    exit: 2,
    meaning: 'PostgreSQL on the host is an older minor version than the one that wrote the backup.',
  },
  'restore/bad-standby': { exit: 1, meaning: 'What is asked of a standby does not go together.' },
  'restore/primary-unreachable': {
    exit: 2,
    meaning: 'The primary that a standby is to follow does not answer, or does not let it in.',
  },
  'restore/foreign-primary': {
    exit: 2,
    meaning:
      'What answers as the primary is another cluster, the very cluster that would be its standby, or behind the archive.',
  },
  'restore/bad-slot': {
    exit: 2,
    meaning: 'The replication slot is not on the primary, is a logical one, or serves another standby.',
  },
  'restore/standby-promoted': {
    exit: 2,
    meaning: 'The standby that was made here was promoted since. Only again: true replaces what it became.',
  },
  'restore/not-streaming': {
    exit: 2,
    meaning: 'The standby stands, and has not come to stream from its primary in time. It goes on trying.',
  },
  'restore/wal-compression': {
    exit: 2,
    meaning: 'The WAL holds pages in a compression with which PostgreSQL on the host was not built (trap R38).',
  },
  'restore/missing-library': {
    exit: 2,
    meaning: 'A library of shared_preload_libraries is not installed on the host.',
  },
} as const satisfies Catalogue
