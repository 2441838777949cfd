import type { Catalogue } from './types.ts'

export const postgresCatalogue = {
  'postgres/bad-lsn': { exit: 1, meaning: 'A WAL position is not of the form 0/3000028.' },
  'postgres/bad-wal-name': {
    exit: 1,
    meaning: 'A file name is not the name of a WAL segment, or not of one that this segment size allows.',
  },
  'postgres/bad-wal-header': {
    exit: 2,
    meaning: 'A file does not begin as a WAL segment of PostgreSQL 10 or newer does. It is no WAL, or damaged.',
  },
  'postgres/bad-history': { exit: 2, meaning: 'A timeline history file does not follow the form PostgreSQL writes.' },
  'postgres/no-such-timeline': {
    exit: 1,
    meaning: 'A timeline was named of which there is neither WAL nor a history file.',
  },
  'postgres/bad-control-data': { exit: 2, meaning: 'The output of pg_controldata lacks what every version prints.' },
  'postgres/bad-backup-label': { exit: 2, meaning: 'A backup_label or backup history file lacks a line it must have.' },
  'postgres/bad-manifest': { exit: 2, meaning: 'A backup_manifest is incomplete, or its own checksum is wrong.' },
  'postgres/bad-tablespace-map': { exit: 2, meaning: 'A line of tablespace_map is not an OID and a path.' },
  'postgres/bad-setting': { exit: 1, meaning: 'The value given for a setting of PostgreSQL is not one it accepts.' },
  'postgres/bad-conf': { exit: 2, meaning: 'A configuration file of PostgreSQL has a line that cannot be read.' },
  'postgres/bad-target': {
    exit: 1,
    meaning: 'A recovery target cannot be understood, or says two things at once; nothing was restored.',
  },
  'postgres/bad-conninfo': {
    exit: 1,
    meaning: 'A connection string is not made of keyword=value, or holds what cannot be used there.',
  },
  'postgres/unsupported-version': { exit: 1, meaning: 'The version of PostgreSQL is older than 10, or unknown.' },
  'postgres/cannot-look': { exit: 2, meaning: 'The script that looks for clusters on a host failed.' },
  'postgres/no-cluster': { exit: 2, meaning: 'No PostgreSQL cluster was found on the host.' },
  'postgres/several-clusters': {
    exit: 2,
    meaning: 'The host has several clusters and it was not said which one is meant. Set cluster.',
  },
  'postgres/unknown-cluster': { exit: 2, meaning: 'The host has no cluster of this name, data directory or port.' },
  'postgres/bad-query': {
    exit: 1,
    meaning: 'SQL text cannot be sent as it is: a quote does not end, or a value is missing.',
  },
  'postgres/sql': { exit: 2, meaning: 'PostgreSQL refused a statement. The SQLSTATE names the error in its manual.' },
  'postgres/connect': { exit: 2, meaning: 'The cluster runs, and a connection to it was refused.' },
  'postgres/not-running': { exit: 2, meaning: 'The cluster is not running, so it cannot be asked.' },
  'postgres/starting': { exit: 2, meaning: 'The cluster is starting or stopping and accepts no connections.' },
  'postgres/unknown-setting': { exit: 1, meaning: 'PostgreSQL knows no setting of this name in this version.' },
  'postgres/fixed-setting': {
    exit: 1,
    meaning: 'The setting only shows a value that was fixed when the cluster was made or the server was built.',
  },
  'postgres/shadowed': {
    exit: 2,
    meaning: 'The setting is given in another place too, and that one would win. Take it out there.',
  },
  'postgres/alter-system-off': { exit: 2, meaning: 'The server forbids ALTER SYSTEM (allow_alter_system = off).' },
  'postgres/archive-conflict': {
    exit: 2,
    meaning: 'archive_command and archive_library exclude each other: with both, nothing would be archived.',
  },
  'postgres/no-include-dir': { exit: 2, meaning: 'The configuration includes no folder in which a file could stand.' },
  'postgres/settings-file': { exit: 2, meaning: 'A configuration file could not be read or written.' },
  'postgres/broken-configuration': {
    exit: 2,
    meaning: 'A configuration file has an error, so the server keeps to the values it loaded before.',
  },
  'postgres/service': { exit: 2, meaning: 'A server could not be looked at, reloaded or promoted.' },
  'postgres/start-failed': { exit: 2, meaning: 'The server did not start; the end of its log says why.' },
  'postgres/stop-failed': { exit: 2, meaning: 'The server did not stop in time.' },
  'postgres/in-recovery': { exit: 2, meaning: 'The server is in recovery, where this is not possible.' },
  'postgres/not-archiving': { exit: 2, meaning: 'A segment was to be archived on a server that archives nothing.' },
  'postgres/archive-timeout': { exit: 2, meaning: 'A segment was not archived in the time that was given.' },
} as const satisfies Catalogue
