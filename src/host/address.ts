import { LifeboatError } from '../base/errors.ts'
import { didYouMean } from '../base/nearest.ts'
import type { PlainValue } from '../base/value.ts'
import type { LocalOptions } from './local.ts'
import type { OpensshRequest } from './openssh/request.ts'
import { parseSshArguments } from './ssh/arguments.ts'
import type { SshRequest } from './ssh/request.ts'
import type { Setting } from './ssh/settings.ts'
import { splitWords } from './ssh/split-words.ts'
import { expandPath } from './ssh/tokens.ts'

/** What the command line says about connections; a variable of a host goes before it. */
export interface ConnectionFlags {
  readonly user?: string | undefined
  readonly privateKeyFile?: string | undefined
  readonly password?: string | undefined
  readonly acceptNewHostKeys?: boolean | undefined
  /** Seconds to connect; where nothing is said what ssh_config says, else 10. */
  readonly timeout?: number | undefined
}

export type HostOptions =
  | ({ readonly kind: 'local' } & LocalOptions)
  | {
      readonly kind: 'ssh'
      readonly request: SshRequest
      /** The ssh program that is asked what ssh_config says. */
      readonly executable: string
    }
  | { readonly kind: 'openssh'; readonly request: OpensshRequest }

type HostVariables = Readonly<Record<string, PlainValue>>

type Kind = HostOptions['kind']

const CONNECTIONS: Readonly<Record<string, Kind>> = {
  ssh: 'ssh',
  smart: 'ssh',
  paramiko: 'ssh',
  paramiko_ssh: 'ssh',
  openssh: 'openssh',
  local: 'local',
}

/**
 * How a host is reached, from its evaluated variables (Ansible's names) and the command line. A host named `localhost`
 * that nothing more is said of is this machine.
 *
 * @throws host/unsupported-connection, host/unsupported-ssh-argument, host/bad-variable
 */
export const hostOptions = (name: string, variables: HostVariables, flags: ConnectionFlags = {}): HostOptions => {
  const kind = connectionKind(name, variables)
  if (kind === 'local') return { kind, name }
  if (kind === 'openssh') return { kind, request: opensshRequest(name, variables, flags) }
  const executable = text(variables, 'ansible_ssh_executable') ?? 'ssh'
  return { kind, request: sshRequest(name, variables, flags), executable }
}

const connectionKind = (name: string, variables: HostVariables): Kind => {
  const wanted = text(variables, 'ansible_connection')
  if (wanted === undefined) {
    const isHere = ['localhost', '127.0.0.1', '::1'].includes(name)
    const toldMore = ['ansible_host', 'ansible_ssh_host', 'ansible_port', 'ansible_ssh_port'].some(
      (key) => key in variables,
    )
    return isHere && !toldMore ? 'local' : 'ssh'
  }
  const kind = CONNECTIONS[wanted.replace(/^ansible\.(builtin|legacy)\./, '')]
  if (kind) return kind
  throw new LifeboatError(
    'host/unsupported-connection',
    `ansible_connection of ${name} is "${wanted}", which is not known`,
    {
      hints: ['use ssh, openssh or local', ...didYouMean(wanted, Object.keys(CONNECTIONS))],
    },
  )
}

/** What both ways of connecting by ssh are told in the same words. */
const wishes = (name: string, variables: HostVariables, flags: ConnectionFlags) => {
  const key = first(variables, 'ansible_ssh_private_key_file', 'ansible_private_key_file') ?? flags.privateKeyFile
  const timeout = seconds(name, variables, 'ansible_ssh_timeout') ?? seconds(name, variables, 'ansible_timeout')
  const checked =
    boolean(name, variables, 'ansible_ssh_host_key_checking') ?? boolean(name, variables, 'ansible_host_key_checking')
  return {
    name,
    destination: first(variables, 'ansible_host', 'ansible_ssh_host') ?? name,
    password: first(variables, 'ansible_ssh_pass', 'ansible_ssh_password', 'ansible_password') ?? flags.password,
    passphrase: first(variables, 'ansible_ssh_private_key_passphrase', 'ansible_private_key_passphrase'),
    /** Goes before ssh arguments. */
    before: [
      ...setting('port', port(name, variables)),
      ...setting('user', first(variables, 'ansible_user', 'ansible_ssh_user')),
      ...setting('identityfile', key === undefined ? undefined : expandPath(key).replaceAll('%', '%%')),
      ...setting('connecttimeout', timeout),
    ],
    /** Goes behind them. */
    after: [
      ...setting('stricthostkeychecking', checked === false ? 'no' : undefined),
      ...setting('user', flags.user),
      ...setting('connecttimeout', flags.timeout),
    ],
  }
}

const sshRequest = (name: string, variables: HostVariables, flags: ConnectionFlags): SshRequest => {
  const { before, after, ...rest } = wishes(name, variables, flags)
  const said = sshArguments(name, variables)
  return {
    ...rest,
    settings: [...before, ...said.settings, ...after],
    configFile: said.configFile === undefined ? undefined : expandPath(said.configFile),
    acceptNewHostKeys: flags.acceptNewHostKeys,
  }
}

/** The ssh program gets its arguments as they stand. */
const opensshRequest = (name: string, variables: HostVariables, flags: ConnectionFlags): OpensshRequest => {
  const { before, after, ...rest } = wishes(name, variables, flags)
  const options = (settings: readonly Setting[]): string[] =>
    settings.flatMap(([option, value]) => ['-o', `${option}=${option === 'identityfile' ? quoted(value) : value}`])
  const words = ARGUMENTS.flatMap((variable) => {
    const value = text(variables, variable)
    const split = value === undefined ? [] : splitWords(value)
    if (split) return split
    throw new LifeboatError(
      'host/unsupported-ssh-argument',
      `${variable} of ${name} has "${value}", which cannot be honoured: a quote is not closed`,
    )
  })
  const accepting = flags.acceptNewHostKeys ? ['-o', 'stricthostkeychecking=accept-new'] : []
  return {
    ...rest,
    executable: text(variables, 'ansible_ssh_executable') ?? 'ssh',
    args: [...options(before), ...words, ...options(after), ...accepting],
  }
}

const quoted = (path: string): string => `"${path.replaceAll('"', '\\"')}"`

const setting = (option: string, value: string | number | undefined): Setting[] =>
  value === undefined ? [] : [[option, String(value)]]

const ARGUMENTS = ['ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args']

/** Arguments of all three variables; of two that say the same thing the first counts, as on ssh's command line. */
const sshArguments = (
  name: string,
  variables: HostVariables,
): { readonly settings: readonly Setting[]; readonly configFile: string | undefined } => {
  const parsed = ARGUMENTS.flatMap((variable) => {
    const value = text(variables, variable)
    return value === undefined ? [] : [parseSshArguments(value, name, variable)]
  })
  return {
    settings: parsed.flatMap(({ settings }) => settings),
    configFile: parsed.find(({ configFile }) => configFile !== undefined)?.configFile,
  }
}

const text = (variables: HostVariables, key: string): string | undefined => {
  const value = variables[key]
  return value === undefined || value === null || value === '' ? undefined : String(value)
}

const first = (variables: HostVariables, ...keys: readonly string[]): string | undefined => {
  for (const key of keys) {
    const value = text(variables, key)
    if (value !== undefined) return value
  }
  return undefined
}

const bad = (name: string, key: string, value: string, wanted: string): LifeboatError =>
  new LifeboatError('host/bad-variable', `${key} of ${name} is "${value}", but must be ${wanted}`)

const port = (name: string, variables: HostVariables): number | undefined => {
  const key = text(variables, 'ansible_port') === undefined ? 'ansible_ssh_port' : 'ansible_port'
  const value = text(variables, key)
  if (value === undefined) return undefined
  const parsed = Number(value)
  if (!Number.isInteger(parsed) || parsed < 1 || parsed > 65_535) throw bad(name, key, value, 'a port from 1 to 65535')
  return parsed
}

const seconds = (name: string, variables: HostVariables, key: string): number | undefined => {
  const value = text(variables, key)
  if (value === undefined) return undefined
  const parsed = Number(value)
  if (!Number.isFinite(parsed) || parsed <= 0) throw bad(name, key, value, 'a number of seconds')
  return parsed
}

const boolean = (name: string, variables: HostVariables, key: string): boolean | undefined => {
  const value = text(variables, key)
  if (value === undefined) return undefined
  if (/^(true|yes|on|1)$/i.test(value)) return true
  if (/^(false|no|off|0)$/i.test(value)) return false
  throw bad(name, key, value, 'true or false')
}
