import type { Change } from '../../../base/change.ts'
import { LifeboatError } from '../../../base/errors.ts'
import { type Cluster, locateClusters } from '../../../cluster/locate.ts'
import { restartCluster, signalReload, startCluster, stopCluster } from '../../../cluster/service.ts'
import type { ModuleContext } from '../../contract.ts'

/** The clusters that a service name means on a host without systemd. */
export interface ClustersState {
  readonly manager: 'postgresql'
  readonly clusters: readonly Cluster[]
}

/** Whether a service name means PostgreSQL: `postgresql`, `postgresql-15`, `postgresql@15-main`. */
export const namesPostgres = (name: string): boolean => /^postgresql(-\d+)?(@.+)?(\.service)?$/.test(name)

/** @throws module/no-service */
export const inspectClusters = async (ctx: ModuleContext, name: string): Promise<ClustersState> => {
  const [, version, instance] = /^postgresql(?:-(\d+))?(?:@(.+?))?(?:\.service)?$/.exec(name) ?? []
  const clusters = (await locateClusters(ctx.session, instance)).filter(
    (cluster) =>
      (version === undefined || String(cluster.majorVersion) === version) &&
      (instance === undefined || cluster.name === instance || cluster.name.replace('/', '-') === instance),
  )
  if (clusters.length === 0) {
    const message = `there is no PostgreSQL cluster for the service "${name}" on the host`
    if (!ctx.checkMode) throw new LifeboatError('module/no-service', message)
    ctx.warn(`${message}; only an earlier task that creates it makes this one work`)
  }
  return { manager: 'postgresql', clusters }
}

/** What differs. A restart is proven by new processes, a reload by servers that run. */
export const clustersChanges = (
  state: ClustersState,
  wanted: 'started' | 'stopped' | 'restarted' | 'reloaded' | undefined,
  before: ClustersState | undefined,
): Change[] => {
  const differs = (cluster: Cluster): boolean => {
    const then = before?.clusters.find(({ dataDirectory }) => dataDirectory === cluster.dataDirectory)
    switch (wanted) {
      case 'started':
        return !cluster.running
      case 'stopped':
        return cluster.running
      case 'restarted':
        return !cluster.running || then === undefined || then.pid === cluster.pid
      case 'reloaded':
        return !cluster.running || then === undefined
      default:
        return false
    }
  }
  return state.clusters.filter(differs).map((cluster) => ({
    subject: state.clusters.length === 1 ? 'state' : `state of ${cluster.name}`,
    before: cluster.running ? 'started' : 'stopped',
    after: wanted ?? '',
  }))
}

/** @throws postgres/start-failed, postgres/stop-failed, postgres/service */
export const applyClusters = async (
  ctx: ModuleContext,
  wanted: 'started' | 'stopped' | 'restarted' | 'reloaded' | undefined,
  state: ClustersState,
): Promise<void> => {
  for (const cluster of state.clusters) {
    const { session, signal } = ctx
    if (wanted === 'stopped') {
      if (cluster.running) await stopCluster(session, cluster, { signal })
    } else if (!cluster.running) await startCluster(session, cluster, { signal })
    else if (wanted === 'restarted') await restartCluster(session, cluster, { signal })
    else if (wanted === 'reloaded') await signalReload(session, cluster)
  }
}
