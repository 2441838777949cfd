import { LifeboatError } from '../../base/errors.ts'
import type { Cluster } from '../../cluster/locate.ts'
import { layoutOf, type RepositoryLayout } from '../../cluster/repository/layout.ts'
import { parseRepository } from '../../cluster/repository/location.ts'
import type { Session } from '../../host/connection.ts'
import type { ModuleContext } from '../contract.ts'
import { path, text } from './params.ts'

/** Parameters of every module that works on a cluster and its repository. */
export const repositoryParams = {
  cluster: text
    .optional()
    .describe('The cluster on the host: `15/main`, its data directory or its port. Default: the only one there is.'),
  repository: path
    .default('/var/backups/lifeboat')
    .describe('Folder of the repository: on the host, or on a share that is mounted there.'),
  name: text
    .optional()
    .describe(
      "The cluster's name in the repository. Default: the host's name in the inventory; where a host has several clusters, each further one needs a name of its own.",
    ),
}

/** The paths that `repository` and `name` mean on this host. */
export const layoutFor = (
  ctx: ModuleContext,
  params: { readonly repository: string; readonly name?: string | undefined },
): RepositoryLayout => layoutOf(parseRepository(params.repository), params.name ?? ctx.host)

/** The session of a cluster's owner: the task's own, or by its become method. */
export const ownerSession = async (ctx: ModuleContext, cluster: Cluster): Promise<Session> =>
  ctx.session.user === cluster.owner ? ctx.session : await ctx.sessionAs(cluster.owner)

/** The task's session where it is root's. */
export const rootSession = (ctx: ModuleContext): Session | undefined =>
  ctx.session.user === 'root' ? ctx.session : undefined

/**
 * Refuses a cluster that is not running.
 *
 * @throws postgres/not-running
 */
export const requireRunning = (cluster: Cluster): void => {
  if (cluster.running) return
  throw new LifeboatError('postgres/not-running', `cluster ${cluster.name} is not running`, {
    hints: [`start it first; its data directory is ${cluster.dataDirectory}`],
  })
}
