import type { Limits } from './checks.ts'
import type { SpaceLimits } from './judge-space.ts'

/** From where on something is a warning or a failure; times in seconds, space in bytes. */
export interface Thresholds {
  /** Age of the newest whole backup. */
  readonly backupAge: Limits
  /** Age and number of the files that wait to be archived. */
  readonly readyAge: Limits
  readonly readyCount: Limits
  /** The longest time whose data a disaster could cost. */
  readonly rpo: Limits
  readonly walSpace: SpaceLimits
  readonly repositorySpace: SpaceLimits
}
