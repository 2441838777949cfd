import type { FleetHost, HostFleet } from '../../test/fleet/hosts/index.ts'
import type { Options } from './options.ts'

/** Two hosts of one release: the cluster with the data, and the host on which it is restored. */
export interface Stage {
  readonly fleet: HostFleet
  readonly db: FleetHost
  readonly spare: FleetHost
  readonly options: Options
  readonly cores: number
  /** The data directory, the same on both. */
  readonly data: string
  /** The unit of the cluster. */
  readonly unit: string
  readonly bin: string
}

/** A folder of the share that both hosts see, which is every contender's repository. */
export const shared = (name: string): string => `/mnt/shared/${name}`
