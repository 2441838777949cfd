import type { Catalogue } from './types.ts'

export const retentionCatalogue = {
  'retention/nothing-kept': {
    exit: 2,
    meaning: 'No whole backup leads to the timeline that was named, so nothing would be kept. Nothing was removed.',
  },
  'retention/history-lost': {
    exit: 2,
    meaning:
      'The archive holds WAL of a timeline without its history file, so nobody can tell which backups lead to it. Nothing was removed.',
  },
  'retention/not-proven': {
    exit: 2,
    meaning: 'The newest backup that would be kept, or the WAL behind it, is not whole. Nothing was removed.',
  },
  'retention/locked': {
    exit: 2,
    meaning: 'A backup is being taken, or another run removes something from the same repository.',
  },
  'retention/cannot-look': { exit: 2, meaning: "The cluster's folder in the repository cannot be looked at in full." },
  'retention/cannot-remove': {
    exit: 2,
    meaning: 'Something that is no longer needed cannot be removed from the repository. The next run goes on with it.',
  },
  'retention/chain-broken': {
    exit: 2,
    meaning: 'After a removal the repository lacks WAL that a kept backup needs and that was there before.',
  },
} as const satisfies Catalogue
