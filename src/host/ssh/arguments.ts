import { homedir } from 'node:os'
import { LifeboatError } from '../../base/errors.ts'
import { splitWords } from './split-words.ts'

/** What ssh arguments of an inventory can say. Lists and texts are present only where they were said. */
export interface SshArguments {
  address?: string
  port?: number
  user?: string
  identityFiles?: string[]
  /** `none`, or the socket of an agent. */
  agent?: string
  identitiesOnly?: boolean
  passwordAllowed?: boolean
  userKnownHostsFiles?: string[]
  globalKnownHostsFiles?: string[]
  strictHostKeyChecking?: 'yes' | 'accept-new' | 'no'
  connectTimeout?: number
  keepaliveInterval?: number
}

type Setter = (parsed: SshArguments, value: string, refuse: () => never) => void

const number =
  (key: 'port' | 'connectTimeout' | 'keepaliveInterval'): Setter =>
  (parsed, value, refuse) => {
    if (!/^\d+$/.test(value)) refuse()
    parsed[key] ??= Number(value)
  }

/** Accepts the values that change nothing for us, since that is how it works anyway; refuses the others. */
const only =
  (...accepted: readonly string[]): Setter =>
  (_parsed, value, refuse) => {
    if (!accepted.includes(value.toLowerCase())) refuse()
  }

/** What has no effect here: the one connection is kept for the run, is not compressed, and there is no chatter. */
const meaningless: Setter = () => {}

const flag =
  (apply: (parsed: SshArguments, yes: boolean) => void): Setter =>
  (parsed, value, refuse) => {
    const lower = value.toLowerCase()
    if (lower !== 'yes' && lower !== 'no') refuse()
    apply(parsed, lower === 'yes')
  }

/** Options of ssh_config(5), lower case. As in OpenSSH the first value given counts. */
const OPTIONS: Readonly<Record<string, Setter>> = {
  userknownhostsfile: (parsed, value) => {
    parsed.userKnownHostsFiles ??= files(value)
  },
  globalknownhostsfile: (parsed, value) => {
    parsed.globalKnownHostsFiles ??= files(value)
  },
  stricthostkeychecking: (parsed, value, refuse) => {
    const meaning = ({ yes: 'yes', ask: 'yes', 'accept-new': 'accept-new', no: 'no', off: 'no' } as const)[
      value.toLowerCase() as 'yes' | 'ask' | 'accept-new' | 'no' | 'off'
    ]
    parsed.strictHostKeyChecking ??= meaning ?? refuse()
  },
  identityfile: (parsed, value) => {
    if (value.toLowerCase() !== 'none') parsed.identityFiles = [...(parsed.identityFiles ?? []), expand(value)]
  },
  identityagent: (parsed, value) => {
    if (value !== 'SSH_AUTH_SOCK') parsed.agent ??= value.toLowerCase() === 'none' ? 'none' : expand(value)
  },
  identitiesonly: flag((parsed, yes) => {
    parsed.identitiesOnly ??= yes
  }),
  passwordauthentication: flag((parsed, yes) => {
    parsed.passwordAllowed ??= yes
  }),
  hostname: (parsed, value) => {
    parsed.address ??= value
  },
  port: number('port'),
  user: (parsed, value) => {
    parsed.user ??= value
  },
  connecttimeout: number('connectTimeout'),
  serveraliveinterval: number('keepaliveInterval'),
  serveralivecountmax: meaningless,
  tcpkeepalive: only('yes'),
  batchmode: meaningless,
  loglevel: meaningless,
  controlmaster: meaningless,
  controlpath: meaningless,
  controlpersist: meaningless,
  updatehostkeys: only('no'),
  checkhostip: only('no'),
  hashknownhosts: only('no'),
  gssapiauthentication: only('no'),
  hostbasedauthentication: only('no'),
  pubkeyauthentication: only('yes'),
  forwardagent: only('no'),
  forwardx11: only('no'),
  requesttty: only('no', 'auto'),
  compression: meaningless,
  proxycommand: only('none'),
  proxyjump: only('none'),
}

/** Flags with a value of their own, and the option that each stands for. */
const LETTERS: Readonly<Record<string, string>> = { i: 'identityfile', p: 'port', l: 'user' }
/** Flags without meaning here: quiet, verbose, no terminal, no forwarding. */
const SILENT = new Set(['-q', '-v', '-vv', '-vvv', '-T', '-x', '-a', '-k', '-C'])

/**
 * Reads ssh arguments as an inventory gives them (`ansible_ssh_common_args`).
 *
 * @throws host/unsupported-ssh-argument, naming the first that cannot be honoured
 */
export const parseSshArguments = (text: string, host: string, variable: string): SshArguments => {
  const refuse = (argument: string): never => {
    throw new LifeboatError(
      'host/unsupported-ssh-argument',
      `${variable} of ${host} has "${argument}", which cannot be honoured`,
      {
        hints: ['take it out, or reach the host through an address that needs no such argument'],
      },
    )
  }
  const parsed: SshArguments = {}
  const words = splitWords(text) ?? refuse(text)
  const set = (option: string, value: string, argument: string): void => {
    const setter = OPTIONS[option.toLowerCase()]
    if (!setter || (setter !== meaningless && value.includes('%'))) refuse(argument)
    else setter(parsed, value, () => refuse(argument))
  }
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const letter = /^-([oiplF])/.exec(word)?.[1]
    if (letter === undefined) {
      if (!SILENT.has(word)) refuse(word)
      continue
    }
    const value = word.length > 2 ? word.slice(2) : (words.shift() ?? refuse(word))
    const argument = `-${letter} ${value}`
    if (letter === 'F') {
      if (value !== '/dev/null' && value.toLowerCase() !== 'none') refuse(argument)
    } else if (letter === 'o') {
      const [, option, rest] = /^\s*(\w+)\s*[=\s]\s*(.*)$/s.exec(value) ?? []
      if (option === undefined || rest === undefined) refuse(argument)
      else set(option, rest.trim(), argument)
    } else {
      set(LETTERS[letter] ?? '', value, argument)
    }
  }
  return parsed
}

const files = (value: string): string[] =>
  value.toLowerCase() === 'none' ? [] : (splitWords(value) ?? [value]).map(expand)

/** A path with `~/` for the home folder of the user on the controller. */
export const expand = (path: string): string => (path.startsWith('~/') ? `${homedir()}${path.slice(1)}` : path)
