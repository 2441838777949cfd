import { LifeboatError } from '../../base/errors.ts'
import { featuresOf } from '../../postgres/version.ts'
import type { Cluster } from '../locate.ts'
import type { Repository } from '../repository/read.ts'
import type { HostState } from './host-state.ts'

/**
 * Refuses to restore into a cluster of another major version than that of the repository. Comes before any WAL is read:
 * the programs of another version take whole WAL for damaged.
 *
 * @param wanted major version of the repository
 * @throws restore/version
 */
export const checkVersion = (wanted: number, { layout }: Repository, cluster: Cluster, host: HostState): void => {
  if (!featuresOf(wanted).recoverySignal) {
    throw new LifeboatError('restore/version', `restoring PostgreSQL ${wanted} is not supported, 12 is the oldest`)
  }
  const found = /\) (\d+)/.exec(host.binaries)?.[1]
  if (wanted === cluster.majorVersion && (found === undefined || Number(found) === wanted)) return
  throw new LifeboatError(
    'restore/version',
    `${layout.place} is of PostgreSQL ${wanted}, ${cluster.name} is of ${found ?? cluster.majorVersion}`,
    { hints: ['a base backup can only be restored by the same major version'] },
  )
}
