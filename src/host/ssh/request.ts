import type { Setting } from './settings.ts'

/** What the inventory and the command line say of a host; ssh_config says the rest. */
export interface SshRequest {
  /** Name of the host in the inventory, or of a jump host as it was written. */
  readonly name: string
  /** The host as `ssh` would be called with: what `Host` lines of ssh_config are compared with. */
  readonly destination: string
  /** What goes before ssh_config, the most important first. */
  readonly settings: readonly Setting[]
  /** The file to read instead of the user's and the machine's; `none` for none. */
  readonly configFile?: string | undefined
  readonly password?: string | undefined
  readonly passphrase?: string | undefined
  /** Hosts that are not known are trusted, whatever ssh_config says. */
  readonly acceptNewHostKeys?: boolean | undefined
}
