import type { Catalogue } from './types.ts'

export const archiveCatalogue = {
  'archive/bad-repository': {
    exit: 1,
    meaning: 'The path of a repository is not an absolute path of a folder on the database host.',
  },
  'archive/remote-repository': {
    exit: 1,
    meaning: 'The repository is named on another host (host:/path), which is not supported yet: mount it as a share.',
  },
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
} as const satisfies Catalogue
