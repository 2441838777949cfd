import type { Strictness } from './settings.ts'

/** A method of RFC 4252 that a login can be tried with. */
export type Method = 'publickey' | 'password' | 'keyboard-interactive'

/** How the connection to the host comes about: at once, through another host, or over a program's input and output. */
export type Route =
  | { readonly kind: 'direct' }
  | { readonly kind: 'jump'; readonly through: SshOptions }
  | { readonly kind: 'command'; readonly command: string }

/** How a host is reached over ssh. */
export interface SshOptions {
  /** Name of the host in the inventory, or of a jump host as it was written. */
  readonly name: string
  /** Host name or IP address to connect to. */
  readonly address: string
  readonly port: number
  readonly user: string
  /** How to get there; direct unless said otherwise. */
  readonly route?: Route | undefined
  /** Private keys, tried first. Undefined: the agent, then `~/.ssh/id_ed25519`, `id_ecdsa`, `id_rsa`. */
  readonly identityFiles?: readonly string[] | undefined
  /** Of the agent's keys only those that the identity files name. */
  readonly identitiesOnly?: boolean | undefined
  /** Socket of the agent (`$SSH_AUTH_SOCK`); undefined for none. */
  readonly agent?: string | undefined
  /** For the methods `password` and `keyboard-interactive`. */
  readonly password?: string | undefined
  /** For private keys that have one. */
  readonly passphrase?: string | undefined
  /** What may be tried, in this order; public key, password, keyboard-interactive unless said otherwise. */
  readonly methods?: readonly Method[] | undefined
  /** The name that known_hosts has for the host, instead of address and port. */
  readonly hostKeyAlias?: string | undefined
  readonly knownHostsFiles: readonly string[]
  /** The file that new keys are added to; the first of them unless said otherwise, `none` for none. */
  readonly newHostsFile?: string | undefined
  /** New keys are added under a hashed name. */
  readonly hashKnownHosts?: boolean | undefined
  /** A file with public keys that no host may show. */
  readonly revokedHostKeys?: string | undefined
  readonly strictHostKeyChecking: Strictness
  /** Only these, the best first. Not given: what the ssh library thinks right. */
  readonly algorithms?: Algorithms | undefined
  /** Seconds until the login must have happened; waiting for a passphrase does not count. */
  readonly connectTimeout: number
  /** How often a connection that does not come about is tried, a second apart. */
  readonly connectionAttempts?: number | undefined
  /** Seconds without a word from the host after which it is asked for one; 0 for never. */
  readonly keepaliveInterval: number
  /** As many without an answer mean `host/lost`; 3 unless said otherwise. */
  readonly keepaliveCountMax?: number | undefined
  readonly family?: 4 | 6 | undefined
  readonly localAddress?: string | undefined
}

/** Names as they stand in ssh_config(5). */
export interface Algorithms {
  readonly kex?: readonly string[] | undefined
  readonly cipher?: readonly string[] | undefined
  readonly mac?: readonly string[] | undefined
  readonly hostKey?: readonly string[] | undefined
}

/** `address:port`, with brackets where the address is IPv6. */
export const formatAddress = (options: Pick<SshOptions, 'address' | 'port'>): string =>
  options.address.includes(':') ? `[${options.address}]:${options.port}` : `${options.address}:${options.port}`

/** The file that a new host key is added to; undefined where none may be. */
export const newHostsFile = ({ newHostsFile, knownHostsFiles }: SshOptions): string | undefined => {
  const file = newHostsFile ?? knownHostsFiles[0]
  return file === 'none' || file === '/dev/null' ? undefined : file
}
