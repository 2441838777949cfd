import { type Cluster, locateCluster } from '../../../cluster/locate.ts'
import { type Sql, sql } from '../../../cluster/sql.ts'
import type { Session } from '../../../host/connection.ts'
import type { ModuleContext } from '../../contract.ts'

/** A cluster with what is needed to work on it. */
export interface OpenCluster {
  readonly cluster: Cluster
  /** Session of the cluster's owner. */
  readonly session: Session
  readonly db: Sql
}

/**
 * Finds the cluster of a task and a session of its owner, whatever user the task runs as.
 *
 * @throws postgres/no-cluster, postgres/several-clusters, postgres/unknown-cluster, and host/become where the task's
 *   user may not become the owner
 */
export const openCluster = async (ctx: ModuleContext, wanted: string | undefined): Promise<OpenCluster> => {
  const found = await locateCluster(ctx.session, wanted)
  const session = await ownerSession(ctx, found)
  // An ordinary user cannot read the data directory, where the true port and socket stand.
  const mayRead = ctx.session.user === 'root' || ctx.session.user === found.owner
  const cluster = mayRead ? found : await locateCluster(session, found.dataDirectory)
  return { cluster, session, db: sql(session, cluster, { signal: ctx.signal }) }
}

/** The session of a cluster's owner. */
export const ownerSession = async (ctx: ModuleContext, cluster: Cluster): Promise<Session> =>
  ctx.session.user === cluster.owner ? ctx.session : ctx.sessionAs(cluster.owner)
