import { splitWords } from './split-words.ts'

/** An option of ssh_config(5) in lower case, and its value as a configuration file writes it. */
export type Setting = readonly [option: string, value: string]

/** How the connection to the host comes about. */
export type WantedRoute =
  | { readonly kind: 'direct' }
  | { readonly kind: 'jump'; readonly hops: string }
  | { readonly kind: 'command'; readonly command: string }

/** What is done with hosts whose key is not known. */
export type Strictness = 'yes' | 'accept-new' | 'no'

/** What settings say, each with its meaning. Present only where it was said; tokens (`%h`) are not expanded yet. */
export interface Settings {
  address?: string
  port?: number
  user?: string
  /** Empty where none may be used (`IdentityFile none`). */
  identityFiles?: string[]
  certificateFiles?: string[]
  /** `none`, `SSH_AUTH_SOCK`, or the socket of an agent. */
  agent?: string
  identitiesOnly?: boolean
  publicKeyAllowed?: boolean
  passwordAllowed?: boolean
  keyboardAllowed?: boolean
  preferredMethods?: string[]
  userKnownHostsFiles?: string[]
  globalKnownHostsFiles?: string[]
  revokedHostKeys?: string
  knownHostsCommand?: string
  hashKnownHosts?: boolean
  strictHostKeyChecking?: Strictness
  hostKeyAlias?: string
  hostKeyAlgorithms?: string
  kexAlgorithms?: string
  ciphers?: string
  macs?: string
  /** Seconds. */
  connectTimeout?: number
  connectionAttempts?: number
  /** Seconds; 0 for never. */
  keepaliveInterval?: number
  keepaliveCountMax?: number
  family?: 4 | 6
  localAddress?: string
  route?: WantedRoute
  passesDescriptors?: boolean
}

/** Says that a value cannot be meant. */
export type Refuse = (setting: Setting) => never

type Setter = (into: Settings, value: string, refuse: () => never) => void

const YES = new Set(['yes', 'true', 'on'])
const NO = new Set(['no', 'false', 'off'])

/** Keys of settings whose value is of this type. */
type KeyOf<T> = { [K in keyof Settings]-?: T extends NonNullable<Settings[K]> ? K : never }[keyof Settings]

const text =
  (key: KeyOf<string>): Setter =>
  (into, value) => {
    into[key] ??= single(value)
  }

const flag =
  (key: KeyOf<boolean>): Setter =>
  (into, value, refuse) => {
    const lower = value.toLowerCase()
    if (!YES.has(lower) && !NO.has(lower)) refuse()
    into[key] ??= YES.has(lower)
  }

const count =
  (key: 'port' | 'connectionAttempts' | 'keepaliveCountMax'): Setter =>
  (into, value, refuse) => {
    if (!/^\d+$/.test(value)) refuse()
    into[key] ??= Number(value)
  }

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** Seconds, or a time such as `1m30s`; `none` says nothing. */
const time =
  (key: 'connectTimeout' | 'keepaliveInterval'): Setter =>
  (into, value, refuse) => {
    if (value.toLowerCase() === 'none') return
    if (!/^(\d+[smhdw]?)+$/i.test(value)) refuse()
    const parts = [...value.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)]
    into[key] ??= parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS[unit ?? ''] ?? 1), 0)
  }

const paths =
  (key: 'userKnownHostsFiles' | 'globalKnownHostsFiles'): Setter =>
  (into, value) => {
    into[key] ??= value.toLowerCase() === 'none' ? [] : (splitWords(value) ?? [value])
  }

const STRICTNESS: Readonly<Record<string, Strictness>> = {
  yes: 'yes',
  true: 'yes',
  ask: 'yes',
  'accept-new': 'accept-new',
  no: 'no',
  false: 'no',
  off: 'no',
}

const MEANINGS: Readonly<Record<string, Setter>> = {
  hostname: text('address'),
  port: count('port'),
  user: text('user'),
  identityfile: (into, value) => {
    into.identityFiles ??= []
    if (value.toLowerCase() !== 'none') into.identityFiles.push(single(value))
  },
  certificatefile: (into, value) => {
    if (value.toLowerCase() !== 'none') into.certificateFiles = [...(into.certificateFiles ?? []), single(value)]
  },
  identityagent: text('agent'),
  identitiesonly: flag('identitiesOnly'),
  pubkeyauthentication: (into, value, refuse) => {
    // `unbound` and `host-bound` choose between extensions of the protocol; both are a yes.
    const plain = /^(unbound|host-bound)$/i.test(value) ? 'yes' : value
    flag('publicKeyAllowed')(into, plain, refuse)
  },
  passwordauthentication: flag('passwordAllowed'),
  kbdinteractiveauthentication: flag('keyboardAllowed'),
  challengeresponseauthentication: flag('keyboardAllowed'),
  preferredauthentications: (into, value) => {
    into.preferredMethods ??= value.split(',').map((method) => method.trim())
  },
  userknownhostsfile: paths('userKnownHostsFiles'),
  globalknownhostsfile: paths('globalKnownHostsFiles'),
  revokedhostkeys: text('revokedHostKeys'),
  knownhostscommand: text('knownHostsCommand'),
  hashknownhosts: flag('hashKnownHosts'),
  stricthostkeychecking: (into, value, refuse) => {
    into.strictHostKeyChecking ??= STRICTNESS[value.toLowerCase()] ?? refuse()
  },
  hostkeyalias: text('hostKeyAlias'),
  hostkeyalgorithms: text('hostKeyAlgorithms'),
  kexalgorithms: text('kexAlgorithms'),
  ciphers: text('ciphers'),
  macs: text('macs'),
  connecttimeout: time('connectTimeout'),
  connectionattempts: count('connectionAttempts'),
  serveraliveinterval: time('keepaliveInterval'),
  serveralivecountmax: count('keepaliveCountMax'),
  addressfamily: (into, value, refuse) => {
    const lower = value.toLowerCase()
    if (lower !== 'any') into.family ??= ({ inet: 4, inet6: 6 } as const)[lower as 'inet' | 'inet6'] ?? refuse()
  },
  bindaddress: text('localAddress'),
  proxyjump: (into, value) => {
    into.route ??= value.toLowerCase() === 'none' ? { kind: 'direct' } : { kind: 'jump', hops: single(value) }
  },
  proxycommand: (into, value) => {
    into.route ??= value.toLowerCase() === 'none' ? { kind: 'direct' } : { kind: 'command', command: value }
  },
  proxyusefdpass: flag('passesDescriptors'),
}

/** Whether an option says how a host is reached, so that it has a meaning here. */
export const hasMeaning = (option: string): boolean => option in MEANINGS

/**
 * The meaning of settings in order of precedence: as in OpenSSH the first value given counts, while key files add up.
 * Options without a meaning here are passed over.
 */
export const readSettings = (settings: readonly Setting[], refuse: Refuse): Settings => {
  const into: Settings = {}
  for (const setting of settings) MEANINGS[setting[0]]?.(into, setting[1], () => refuse(setting))
  return into
}

/** A value of one word, which may stand in double quotes. */
const single = (value: string): string => /^"(.*)"$/s.exec(value)?.[1]?.replaceAll('\\"', '"') ?? value
