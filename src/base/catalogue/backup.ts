import type { Catalogue } from './types.ts'

export const backupCatalogue = {
  'backup/bad-record': {
    exit: 2,
    meaning: 'The backup.json of a backup is missing, damaged, or does not agree with the files beside it.',
  },
  'backup/bad-compression': {
    exit: 1,
    meaning: 'The compression of a backup is not written as pg_basebackup writes it: zstd:3, server-gzip, none.',
  },
  'backup/no-compression': {
    exit: 2,
    meaning: 'The compression that was asked for is not possible with this version, this server build or this host.',
  },
  'backup/no-method': {
    exit: 2,
    meaning: 'The method that was asked for is not possible with this host, or with what else was asked for.',
  },
  'backup/not-summarizing': {
    exit: 2,
    meaning: 'An incremental backup needs WAL summaries, and summarize_wal is off.',
  },
  'backup/no-parent': {
    exit: 2,
    meaning: 'There is no whole backup that an increment could build on, or the WAL summaries do not reach back to it.',
  },
  'backup/corrupt': {
    exit: 2,
    meaning: 'Pages had wrong checksums when they were read. The backup was kept, but it counts as damaged.',
  },
  'backup/foreign-primary': { exit: 2, meaning: 'What was reached as the primary of a standby is another cluster.' },
  'backup/running': { exit: 2, meaning: 'Another backup of the same cluster is being taken into the same repository.' },
  'backup/cannot-sweep': { exit: 2, meaning: 'What an interrupted backup left in the repository cannot be removed.' },
  'backup/unsupported': {
    exit: 2,
    meaning: 'Backups of this version, or of a standby without from_standby, are not taken.',
  },
  'backup/not-archiving': {
    exit: 2,
    meaning: 'The cluster does not archive its WAL into this repository, so a backup could not be restored.',
  },
  'backup/no-wal-sender': { exit: 2, meaning: 'All walsenders that max_wal_senders allows are in use.' },
  'backup/replication-refused': { exit: 2, meaning: 'pg_hba.conf does not let the replication connection in.' },
  'backup/no-program': {
    exit: 2,
    meaning: "The host lacks pg_basebackup of the server's own major version.",
  },
  'backup/no-space': { exit: 2, meaning: 'The repository has not enough free space for the backup.' },
  'backup/failed': { exit: 2, meaning: 'pg_basebackup or a compressor failed; nothing of the attempt was kept.' },
  'backup/wal-missing': {
    exit: 2,
    meaning: 'WAL that the backup needs did not come into the repository; the backup was not kept.',
  },
} as const satisfies Catalogue
