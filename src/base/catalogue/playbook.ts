import type { Catalogue } from './types.ts'

export const playbookCatalogue = {
  'playbook/unknown-keyword': {
    exit: 1,
    meaning: 'A play, block, task, include or loop_control has a key that means nothing there.',
  },
  'playbook/unknown-module': { exit: 1, meaning: 'A task names a module that Lifeboat does not have.' },
  'playbook/no-module': { exit: 1, meaning: 'A task has keywords but no module: it says nothing that could be done.' },
  'playbook/two-modules': { exit: 1, meaning: 'A task names more than one module. Make a task of each.' },
  'playbook/wrong-type': { exit: 1, meaning: 'The value of a keyword is not of the type that the keyword takes.' },
  'playbook/empty': { exit: 1, meaning: 'A playbook has no plays, so that there is nothing to do.' },
  'playbook/missing-keyword': { exit: 1, meaning: 'A play, role entry or include lacks a keyword that it must have.' },
  'playbook/bad-value': { exit: 1, meaning: 'The value of a keyword is none of those that the keyword knows.' },
  'playbook/bad-name': {
    exit: 1,
    meaning: 'A name is not one that a variable can have: letters, digits and underscores.',
  },
  'playbook/bad-arguments': { exit: 1, meaning: 'Arguments of the form key=value cannot be taken apart.' },
  'playbook/no-effect': {
    exit: 1,
    meaning: 'A keyword stands where it can have no effect (a warning; an error where an import is to loop).',
  },
  'playbook/not-supported': {
    exit: 1,
    meaning:
      'A keyword of Ansible’s that Lifeboat knows and does not support yet. It is refused so that it is not missed.',
  },
  'playbook/template-in-condition': {
    exit: 1,
    meaning: 'A condition has template braces inside. Conditions are expressions already: write names without braces.',
  },
  'playbook/not-static': {
    exit: 1,
    meaning: 'A name that must be known before the run (of an import, a role, a tag) depends on what only hosts know.',
  },
  'playbook/unknown-role': { exit: 1, meaning: 'A role is in none of the folders in which roles are searched.' },
  'playbook/import-loop': { exit: 1, meaning: 'A file or role imports itself, directly or through others.' },
} as const satisfies Catalogue
