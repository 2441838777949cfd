import type { Setting } from '../settings.ts'

/** What the ssh_config is asked for. */
export interface Lookup {
  /** The host as `ssh` would be called with. */
  readonly destination: string
  /** What was said elsewhere and goes before it, since `Match` and tokens depend on it. */
  readonly address?: string | undefined
  readonly user?: string | undefined
  readonly port?: number | undefined
  /** The one file to read, `none` for none; undefined for the user's and the machine's. */
  readonly configFile?: string | undefined
}

/** Reads what ssh_config says of a host, the first value of each option standing first. */
export type ReadConfig = (lookup: Lookup) => Promise<readonly Setting[]>
