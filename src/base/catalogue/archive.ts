import type { Catalogue } from './types.ts'

export const archiveCatalogue = {
  'archive/bad-repository': {
    exit: 1,
    meaning:
      'The path of a repository is not an absolute path of a folder, on the database host or on a repository host.',
  },
  'archive/remote-repository': {
    exit: 1,
    meaning:
      'The repository is on another host (host:/path), which this module cannot work with yet; or a module for the repository host was given a folder.',
  },
  'archive/cleanup-command': {
    exit: 2,
    meaning: 'archive_cleanup_command deletes from the very repository that is to be archived into.',
  },
  'archive/still-used': {
    exit: 2,
    meaning: 'Archiving cannot be taken back: a line that Lifeboat did not write still uses its helpers.',
  },
  'archive/no-link': {
    exit: 2,
    meaning: 'The database host has no key, or no pinned host key, for a repository on another host.',
  },
  'archive/unreachable': {
    exit: 2,
    meaning: 'The database host cannot reach the repository host over SSH with the key that was made for it.',
  },
  'archive/refused': {
    exit: 2,
    meaning: 'The repository host refuses what was asked of it with the key of this host.',
  },
  'archive/no-ssh': { exit: 2, meaning: 'The host lacks ssh or ssh-keygen, or an SSH server and its host keys.' },
  'archive/no-user': {
    exit: 2,
    meaning: 'The user of the repository host does not exist, and without root it cannot be made.',
  },
  'archive/bad-key': { exit: 1, meaning: 'What was given as a public key, or as a host key, is none.' },
  'archive/repository-unwritable': { exit: 2, meaning: 'A file cannot be written into the repository.' },
  'archive/bad-name': { exit: 1, meaning: 'The name of a cluster in the repository cannot be the name of a folder.' },
  'archive/bad-identity': {
    exit: 2,
    meaning: 'The identity.json of a cluster in the repository is damaged or of an unknown version.',
  },
  'archive/identity-mismatch': {
    exit: 2,
    meaning:
      'The folder in the repository belongs to a cluster with another system identifier, major version or WAL segment size. Nothing is written there.',
  },
  'archive/no-identity': {
    exit: 2,
    meaning: 'The folder in the repository was never set up, or the share it is on is not mounted.',
  },
  'archive/repository-unreadable': {
    exit: 2,
    meaning: 'The folder of a cluster in the repository exists, and the user who has to read it may not.',
  },
  'archive/cannot-set-up': {
    exit: 2,
    meaning: "The cluster's folder in the repository or its identity cannot be written. Nothing was configured.",
  },
  'archive/foreign-folder': {
    exit: 2,
    meaning: 'The folder in the repository holds files and has no identity.json: it may belong to something else.',
  },
  'archive/repository-gone': {
    exit: 2,
    meaning:
      'The cluster archives into a folder that has no identity any more: its share is not mounted, or it was removed.',
  },
  'archive/no-helper-folder': {
    exit: 2,
    meaning: 'The owner of the cluster has no home folder outside the data directory, where the helpers are kept.',
  },
  'archive/probe-failed': {
    exit: 2,
    meaning: "The helpers' self-test in the repository failed on the host, so archiving was not switched on.",
  },
  'archive/mode-always': {
    exit: 2,
    meaning:
      'archive_mode is always: a standby would archive what its primary has archived. Lifeboat sets up archiving on the primary only.',
  },
  'archive/in-recovery': { exit: 2, meaning: 'The cluster is in recovery; archiving is set up on its primary.' },
  'archive/no-compression': { exit: 2, meaning: 'The host does not have the program of the compression asked for.' },
  'archive/not-active': {
    exit: 2,
    meaning: 'The running server does not archive: archiving was not set up, or waits for a restart.',
  },
  'archive/failing': { exit: 2, meaning: "The server's archive_command fails; what it says is in the server's log." },
  'archive/not-in-time': { exit: 2, meaning: 'A segment that was switched did not come into the repository in time.' },
  'archive/not-whole': {
    exit: 2,
    meaning: 'A segment in the repository is damaged or not the one that the server wrote.',
  },
} as const satisfies Catalogue
