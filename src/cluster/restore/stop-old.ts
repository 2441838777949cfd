import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import type { Cluster } from '../locate.ts'
import { stopCluster } from '../service.ts'
import { inspectHost } from './host-state.ts'
import type { RestorePlan } from './restore-plan.ts'
import type { RestoreWorld } from './restore-world.ts'
import { runStep } from './write-file.ts'

/** Stops the server that is replaced, if one runs. Throws what `stopServer` throws. */
export const stopOld = (world: RestoreWorld, { cluster, host }: RestorePlan): Promise<void> =>
  stopServer(world, cluster, host.dataDirectory)

/**
 * Stops the server of a data directory and makes sure that none is left: one whose postmaster.pid was deleted cannot be
 * stopped by name, and nothing is moved under a living server (trap R21).
 *
 * @throws postgres/stop-failed, restore/cluster-running
 */
export const stopServer = async (world: RestoreWorld, cluster: Cluster, dataDirectory: string): Promise<void> => {
  const request = { dataDirectory, binDirectory: cluster.binDirectory, folders: [] }
  const before = await inspectHost(world.owner, request)
  if (before.servers.length === 0) return
  await stopCluster(world.root ?? world.owner, cluster, { timeout: 3600, signal: world.signal })
  const { servers } = await inspectHost(world.owner, request)
  if (servers.length === 0) return
  throw new LifeboatError(
    'restore/cluster-running',
    `a server still works in ${dataDirectory} without a postmaster.pid, pid ${servers.join(', ')}`,
    { hints: ['end it by hand: kill -INT, and wait until it has gone'] },
  )
}

/**
 * Keeps only the WAL, pg_control and the configuration of the old cluster and removes the rest, where there is no space
 * for both and the user has said so.
 *
 * @throws restore/step-failed
 */
export const keepWalOnly = async (world: RestoreWorld, plan: RestorePlan): Promise<void> => {
  const { host, setAside } = plan
  if (setAside === undefined) return
  await runStep(
    world.owner,
    'keeping the WAL of the old cluster',
    sh`data=${host.dataDirectory} kept=${setAside}
set -e
[ ! -e "$kept/pg_wal" ] || exit 0
mkdir -p -m 0700 "$kept/global"
for file in "$data"/*.conf "$data/PG_VERSION" "$data/tablespace_map"; do [ ! -f "$file" ] || cp -p "$file" "$kept/"; done
[ ! -f "$data/global/pg_control" ] || cp -p "$data/global/pg_control" "$kept/global/"
mkdir "$kept/pg_wal.new"
cp -pR "$data/pg_wal/." "$kept/pg_wal.new/"
sync
mv "$kept/pg_wal.new" "$kept/pg_wal"
for link in "$data"/pg_tblspc/*; do [ ! -h "$link" ] || rm -rf -- "$link"/PG_*; done
if [ -h "$data/pg_wal" ]; then
  for file in "$data"/pg_wal/* "$data"/pg_wal/.[!.]*; do rm -rf -- "$file"; done
fi
rm -rf -- "$data"`.text,
  )
}
