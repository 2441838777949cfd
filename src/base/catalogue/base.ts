import type { Catalogue } from './types.ts'

export const baseCatalogue = {
  'lifeboat/bug': { exit: 250, meaning: 'Lifeboat itself is at fault. Please report it with the text of the error.' },
  'lifeboat/interrupted': {
    exit: 99,
    meaning: 'The run was interrupted by a signal; what ran on the hosts was stopped.',
  },
  'cli/bad-option': {
    exit: 5,
    meaning: 'The command line has an option or an argument that the command does not know.',
  },
  'file/not-found': { exit: 1, meaning: 'A file that was named does not exist or cannot be read.' },
  'value/bad-duration': { exit: 1, meaning: 'A duration is not of the form 90, 90s, 15m, 2h, 1d or 1h30m.' },
  'value/bad-size': { exit: 1, meaning: 'A size is not of the form 512, 64kB, 16MB, 1GB or 2TB.' },
} as const satisfies Catalogue
