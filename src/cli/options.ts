import { type Command, InvalidArgumentError } from 'commander'

/** Options of `play` and `exec` as the command line gives them. */
export interface RunFlags {
  readonly inventory: readonly string[]
  readonly limit?: string
  readonly tags: readonly string[]
  readonly skipTags: readonly string[]
  readonly extraVars: readonly string[]
  readonly check?: boolean
  readonly diff?: boolean
  readonly become?: boolean
  readonly becomeUser?: string
  readonly becomeMethod?: string
  readonly askBecomePass?: boolean
  readonly askPass?: boolean
  readonly user?: string
  readonly privateKey?: string
  readonly acceptNewHostKeys?: boolean
  readonly timeout?: number
  readonly vaultPasswordFile: readonly string[]
  readonly vaultId: readonly string[]
  readonly askVaultPass?: boolean
  readonly forks: number
  readonly verbose: number
  readonly output: 'terminal' | 'json'
}

const DEFAULT_FORKS = 50

const collect = (value: string, values: readonly string[]): string[] => [...values, value]

const positive = (value: string): number => {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('it must be a whole number above 0')
  return number
}

/** Reads a number of seconds, 0 included. */
export const seconds = (value: string): number => {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError('it must be a whole number of seconds')
  return number
}

const outputOf = (value: string): string => {
  if (value === 'terminal' || value === 'json') return value
  throw new InvalidArgumentError('it must be terminal or json')
}

export const addInventoryOption = (command: Command): Command =>
  command.option(
    '-i, --inventory <source>',
    'inventory: file, folder, script or "host1,host2,"; may be repeated (default: inventory/)',
    collect,
    [],
  )

/** Options that open encrypted files and values. */
export const addVaultOptions = (command: Command): Command =>
  command
    .option(
      '--vault-pass-file, --vault-password-file <file>',
      'file with the vault password, or a program',
      collect,
      [],
    )
    .option('--vault-id <id>', 'label@file or label@prompt', collect, [])
    .option('-J, --ask-vault-pass', 'ask for the vault password')

/** Options that say how hosts are reached, with the names and letters of ansible-playbook. */
export const addHostOptions = (command: Command): Command =>
  command
    .option('-l, --limit <pattern>', 'only these hosts')
    .option('-u, --user <user>', 'log in as this user')
    .option('--key-file, --private-key <file>', 'log in with this key')
    .option('-k, --ask-pass', 'ask for the password of the login')
    .option('-b, --become', 'become another user')
    .option('--become-user <user>', 'the user to become (root)')
    .option('--become-method <method>', 'sudo, su or doas (sudo)')
    .option('-K, --ask-become-pass', 'ask for the password to become another user')
    .option('-T, --timeout <seconds>', 'seconds to wait for a connection', positive)
    .option('--accept-new-host-keys', 'trust hosts that known_hosts does not have yet, and remember them')

/** Options that say how a run goes. */
export const addRunOptions = (command: Command): Command =>
  command
    .option('-t, --tags <tags>', 'only tasks with these tags', collect, [])
    .option('--skip-tags <tags>', 'no tasks with these tags', collect, [])
    .option('-e, --extra-vars <vars>', 'variables: k=v …, JSON, YAML or @file; may be repeated', collect, [])
    .option('-C, --check', 'change nothing, say what would change')
    .option('-D, --diff', 'show what changes in files and settings')
    .option('-f, --forks <number>', 'hosts at once', positive, DEFAULT_FORKS)
    .option(
      '-v, --verbose',
      'show results; -vv all of them, and where each task stands',
      (_value, previous: number) => previous + 1,
      0,
    )
    .option('--output <form>', 'terminal or json', outputOf, 'terminal')
