import type { Catalogue } from './types.ts'

export const backupCatalogue = {
  'backup/bad-record': {
    exit: 2,
    meaning: 'The backup.json of a backup is missing, damaged, or does not agree with the files beside it.',
  },
} as const satisfies Catalogue
