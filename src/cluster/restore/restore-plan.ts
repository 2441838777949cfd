import type { Cluster } from '../locate.ts'
import type { RepositoryAccess } from '../repository/access.ts'
import type { Identity } from '../repository/identity.ts'
import type { Repository } from '../repository/read.ts'
import type { HostState } from './host-state.ts'
import type { Resolution } from './resolve-target.ts'
import type { RestoreWish } from './restore-wish.ts'
import type { Resumption } from './resumption.ts'
import type { Primary } from './standby/primary.ts'
import type { TablespacePlace } from './tablespace-places.ts'

/** Everything that is decided before the first change. */
export interface RestorePlan {
  readonly runId: string
  readonly cluster: Cluster
  /** To the cluster's folder that is restored from, and what is in it. */
  readonly access: RepositoryAccess
  readonly repository: Repository
  readonly identity: Identity
  /** Whether the repository's folder is this cluster's own, into which it will go on archiving (trap D1). */
  readonly own: boolean
  readonly wish: RestoreWish
  readonly resolution: Resolution
  /** Of a standby that will stream: its primary, as it answered. */
  readonly primary: Primary | undefined
  readonly host: HostState
  readonly tablespaces: readonly TablespacePlace[]
  /** Folder to which `pg_wal` will be a link; undefined for one in the data directory. */
  readonly walDirectory: string | undefined
  /** Where an interrupted restore is taken up; undefined for one that begins. */
  readonly resumption: Resumption | undefined
  /** Where the new data directory is built. */
  readonly incomplete: string
  /** Where the old one goes; undefined where there is none. */
  readonly setAside: string | undefined
}
