/** How a host is reached over ssh. */
export interface SshOptions {
  /** Name of the host in the inventory. */
  readonly name: string
  /** Host name or IP address to connect to, also the name that known_hosts is asked for. */
  readonly address: string
  readonly port: number
  readonly user: string
  /** Private keys, tried first. Empty: the agent, then `~/.ssh/id_ed25519`, `id_ecdsa`, `id_rsa`. */
  readonly identityFiles: readonly string[]
  /** Socket of the agent (`$SSH_AUTH_SOCK`); undefined for none. */
  readonly agent?: string | undefined
  /** For the methods `password` and `keyboard-interactive`. */
  readonly password?: string | undefined
  /** The first is the one that new keys are added to. */
  readonly knownHostsFiles: readonly string[]
  readonly strictHostKeyChecking: 'yes' | 'accept-new' | 'no'
  /** Seconds until the login must have happened. */
  readonly connectTimeout: number
  /** Seconds without a word from the host after which it is asked for one; three without an answer mean `host/lost`. */
  readonly keepaliveInterval: number
}

/** `address:port`, with brackets where the address is IPv6. */
export const formatAddress = (options: Pick<SshOptions, 'address' | 'port'>): string =>
  options.address.includes(':') ? `[${options.address}]:${options.port}` : `${options.address}:${options.port}`
