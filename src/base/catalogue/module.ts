import type { Catalogue } from './types.ts'

export const moduleCatalogue = {
  'module/unknown': {
    exit: 1,
    meaning: 'A task names a module that Lifeboat does not have and that no plugins/modules folder holds.',
  },
  'module/not-a-module': {
    exit: 1,
    meaning: 'A file in a plugins/modules folder does not export a module by default.',
  },
  'module/no-free-form': {
    exit: 1,
    meaning: 'A module that takes named parameters only was given plain text.',
  },
  'module/unknown-parameter': { exit: 1, meaning: 'A task gives a module a parameter that it does not have.' },
  'module/duplicate-parameter': {
    exit: 1,
    meaning: 'A task gives the same parameter of a module twice, under its name and under another name of it.',
  },
  'module/missing-parameter': {
    exit: 1,
    meaning: 'A task leaves out a parameter that its module cannot work without.',
  },
  'module/bad-parameter': { exit: 1, meaning: 'A parameter of a task has a value that its module cannot use.' },
  'module/did-not-converge': {
    exit: 2,
    meaning: 'A module made its changes, looked again and found that the host still differs from what was asked.',
  },
  'module/script-failed': {
    exit: 2,
    meaning: 'A script with which a module reads or changes the host ended with an error; its message is shown.',
  },
  'module/no-account': { exit: 2, meaning: 'A task names a user or group that the host does not have.' },
  'module/no-permission': {
    exit: 2,
    meaning: 'The user of a task may not look at a path on the host; most often `become` is missing.',
  },
  'module/no-folder': { exit: 2, meaning: 'A file is to be written into a folder that the host does not have.' },
  'module/invalid-content': {
    exit: 2,
    meaning: 'The command given as `validate` refused the new content of a file; the file was left as it was.',
  },
  'module/wrong-checksum': { exit: 2, meaning: 'A file does not have the checksum that the task demands.' },
  'module/wrong-kind': {
    exit: 2,
    meaning: 'A path on the host is there as something else than what was asked (a folder where a file is wanted).',
  },
  'module/no-service-manager': {
    exit: 2,
    meaning: 'The host has nothing that manages services the way a task asks for.',
  },
  'module/no-service': { exit: 2, meaning: 'A task names a service or unit that the host does not have.' },
  'module/service-failed': {
    exit: 2,
    meaning: 'A service could not be started, stopped, restarted or enabled; what it said last is shown.',
  },
  'module/no-tool': { exit: 2, meaning: 'The host lacks every program with which a module could do what was asked.' },
  'module/package-failed': { exit: 2, meaning: 'The package manager of the host failed; what it said is shown.' },
  'module/crashed': { exit: 2, meaning: 'The ping module was asked to crash.' },
  'module/refused': {
    exit: 2,
    meaning: 'What was asked would destroy more than can be meant, such as removing the root folder.',
  },
} as const satisfies Catalogue
