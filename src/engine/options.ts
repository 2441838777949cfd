import type { Variables } from '../base/value.ts'

/** What the command line says of a run, already parsed. */
export interface RunOptions {
  readonly runId: string
  readonly checkMode: boolean
  readonly diffMode: boolean
  readonly verbosity: number
  /** Hosts at once. */
  readonly forks: number
  readonly tags: readonly string[]
  readonly skipTags: readonly string[]
  readonly limit: string | undefined
  readonly extraVariables: Variables
  readonly become: boolean
  readonly becomeUser: string | undefined
  readonly becomeMethod: string | undefined
  readonly becomePassword: string | undefined
  readonly user: string | undefined
  readonly privateKeyFile: string | undefined
  readonly connectionPassword: string | undefined
  readonly acceptNewHostKeys: boolean
  /** Seconds to wait for a connection. */
  readonly timeout: number | undefined
  readonly startAtTask: string | undefined
}
