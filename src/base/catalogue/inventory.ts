import type { Catalogue } from './types.ts'

export const inventoryCatalogue = {
  'inventory/unknown-format': {
    exit: 1,
    meaning:
      'A source of the inventory has a format that Lifeboat does not read; it reads YAML, INI, JSON and scripts.',
  },
  'inventory/wrong-type': {
    exit: 1,
    meaning: 'A value in an inventory or variables file is not of the type it must be.',
  },
  'inventory/unknown-key': {
    exit: 1,
    meaning: 'A group of a YAML inventory has a key other than hosts, children, vars.',
  },
  'inventory/bad-section': {
    exit: 1,
    meaning: 'A section of an INI inventory is not [group], [group:vars] or [group:children].',
  },
  'inventory/bad-line': { exit: 1, meaning: 'A line of an INI inventory cannot be read as its section asks for.' },
  'inventory/unknown-group': {
    exit: 1,
    meaning: 'An INI inventory gives children or variables to a group that it defines nowhere.',
  },
  'inventory/group-loop': { exit: 1, meaning: 'A group of the inventory contains itself through its children.' },
  'inventory/bad-range': { exit: 1, meaning: 'A range of host names is not of the form [1:9], [01:20:2] or [a:f].' },
  'inventory/bad-host': { exit: 1, meaning: 'The name of a host in the inventory cannot be read.' },
  'inventory/same-name': { exit: 1, meaning: 'A group and a host of the inventory have the same name (a warning).' },
  'inventory/not-executable': {
    exit: 1,
    meaning: 'A source of the inventory begins like a script but may not be executed.',
  },
  'inventory/script-failed': { exit: 1, meaning: 'An inventory script failed or did not print the JSON of --list.' },
  'inventory/ignored-file': {
    exit: 1,
    meaning: 'A file in an inventory folder looks like an inventory but has an ending that is never read (a warning).',
  },
  'inventory/shadowed-file': {
    exit: 1,
    meaning: 'Two files give the variables of one group or host and only the first of them counts (a warning).',
  },
  'inventory/bad-pattern': {
    exit: 1,
    meaning: 'A host pattern cannot be read, or its regular expression is not valid.',
  },
  'inventory/unmatched-pattern': { exit: 1, meaning: 'A host pattern selects no host of the inventory (a warning).' },
  'variables/not-a-mapping': { exit: 1, meaning: 'A file of variables is not a mapping of names to values.' },
} as const satisfies Catalogue
