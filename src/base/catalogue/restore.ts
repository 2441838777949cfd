import type { Catalogue } from './types.ts'

export const restoreCatalogue = {
  'restore/no-space': { exit: 2, meaning: 'There is not enough free space on the host for what a restore unpacks.' },
  'restore/cannot-read-wal': {
    exit: 2,
    meaning: 'WAL cannot be read on the host: pg_waldump, awk or the program that unpacks the archive is missing.',
  },
} as const satisfies Catalogue
