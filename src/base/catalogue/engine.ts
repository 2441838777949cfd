import type { Catalogue } from './types.ts'

export const engineCatalogue = {
  'engine/bad-keyword-value': {
    exit: 1,
    meaning: 'A keyword of a play or task evaluated to a value it cannot take, such as text where a number belongs.',
  },
  'engine/bad-serial': {
    exit: 1,
    meaning: 'The serial of a play is not a number of hosts, a percentage or a list of these.',
  },
  'engine/bad-vars-file': { exit: 1, meaning: 'A file of variables does not hold a mapping of names to values.' },
  'engine/bad-loop': {
    exit: 1,
    meaning: 'What a task shall loop over is not a list, or not what its with_ form takes.',
  },
  'engine/no-hosts': { exit: 1, meaning: 'No host of the inventory matches, so there is nothing to do.' },
  'engine/unknown-handler': { exit: 1, meaning: 'A task notifies a handler or a topic that the play does not have.' },
  'engine/not-a-loop-item': { exit: 1, meaning: 'A loop variable is used outside of a loop.' },
  'engine/stopped': { exit: 2, meaning: 'The play was stopped because too many hosts had failed.' },
  'engine/no-async': {
    exit: 1,
    meaning: 'A task has async, and its module is more than one script that a host could run on its own.',
  },
  'engine/async-in-check-mode': { exit: 2, meaning: 'A task with async has no check mode.' },
  'engine/async-timeout': {
    exit: 2,
    meaning: 'A task that a host ran on its own took longer than its async allows, and was stopped there.',
  },
  'engine/timeout': {
    exit: 2,
    meaning: 'A task took longer than its timeout; what it ran on the host was stopped, and may have happened in part.',
  },
  'module/did-not-converge': {
    exit: 2,
    meaning:
      'A module made its changes, looked again and still found a difference: the state that was asked for is not there.',
  },
} as const satisfies Catalogue
