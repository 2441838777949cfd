import type { Catalogue } from './types.ts'

export const textCatalogue = {
  'yaml/syntax': { exit: 1, meaning: 'A file is not YAML: the place shown cannot be read by the rules of YAML 1.1.' },
  'yaml/tab': { exit: 1, meaning: 'A tab stands where YAML allows only spaces. Indent with spaces.' },
  'yaml/duplicate-key': { exit: 1, meaning: 'A mapping has the same key twice; only one of the two could count.' },
  'yaml/bad-key': { exit: 1, meaning: 'A key of a mapping is a list or a mapping. Keys are plain words or texts.' },
  'yaml/bad-merge': { exit: 1, meaning: 'The value of a merge key (<<) is neither a mapping nor a list of mappings.' },
  'yaml/unknown-alias': { exit: 1, meaning: 'An alias (*name) has no anchor (&name) before it.' },
  'yaml/too-many-aliases': { exit: 1, meaning: 'Aliases of a file expand to more nodes than any real file needs.' },
  'yaml/unknown-tag': {
    exit: 1,
    meaning: 'A tag is none of those that Lifeboat knows: !unsafe, !vault and YAML’s own.',
  },
  'yaml/bad-value': { exit: 1, meaning: 'A value does not have the form that its tag (!!int, !!bool, …) asks for.' },
  'yaml/unquoted-template': {
    exit: 1,
    meaning: 'A value begins with {{ and has no quotes, so that YAML takes it for a mapping. Put it in quotes.',
  },
  'yaml/several-documents': { exit: 1, meaning: 'A file has several YAML documents where one is expected.' },
  'template/syntax': { exit: 1, meaning: 'A template or expression cannot be read by the rules of Jinja2.' },
  'template/unknown-filter': { exit: 1, meaning: 'A template names a filter (after |) that does not exist.' },
  'template/unknown-test': { exit: 1, meaning: 'A template names a test (after is) that does not exist.' },
  'template/unknown-function': { exit: 1, meaning: 'A template calls something that is not a function.' },
  'template/unknown-lookup': { exit: 1, meaning: 'A template names a lookup that does not exist.' },
  'template/undefined-variable': {
    exit: 2,
    meaning: 'A template uses a variable, key or attribute that is not defined for the host.',
  },
  'template/recursive-variable': { exit: 2, meaning: 'Variables are defined by each other in a circle.' },
  'template/too-deep': { exit: 2, meaning: 'A template, its includes or its macros call each other without end.' },
  'template/bad-value': {
    exit: 2,
    meaning: 'A filter, test, function or operator was given a value it cannot work on.',
  },
  'template/bad-arguments': {
    exit: 2,
    meaning: 'A filter, test or function was given arguments that it does not take, or not those that it needs.',
  },
  'template/bad-regex': { exit: 2, meaning: 'A regular expression cannot be read by the rules of Python’s re.' },
  'template/not-found': { exit: 2, meaning: 'A template that is included or imported does not exist.' },
  'template/lookup-failed': { exit: 2, meaning: 'A lookup (file, pipe, first_found, …) could not give its value.' },
  'template/lookup-disabled': { exit: 2, meaning: 'A lookup was called where lookups are not allowed.' },
  'template/missing-mandatory': { exit: 2, meaning: 'A variable behind the filter mandatory is not defined.' },
  'vault/no-password': { exit: 1, meaning: 'A text is encrypted with Ansible Vault and no vault password was given.' },
  'vault/wrong-password': { exit: 1, meaning: 'None of the vault passwords given opens an encrypted text.' },
  'vault/bad-format': {
    exit: 1,
    meaning: 'A text begins like an Ansible Vault but is not whole or not of a known form.',
  },
} as const satisfies Catalogue
