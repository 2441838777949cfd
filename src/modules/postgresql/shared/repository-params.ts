import { LifeboatError } from '../../../base/errors.ts'
import { layoutOf, type RepositoryLayout } from '../../../cluster/repository/layout.ts'
import { parseRepository } from '../../../cluster/repository/location.ts'
import type { Session } from '../../../host/connection.ts'
import type { ModuleContext } from '../../contract.ts'
import { path, text } from '../../shared/params.ts'
import { clusterParam } from './cluster-param.ts'
import { type OpenCluster, openCluster } from './open-cluster.ts'

/** Parameters of every module that works on a running cluster and its repository. */
export const repositoryParams = {
  cluster: clusterParam,
  repository: path
    .default('/var/backups/lifeboat')
    .describe(
      'Folder of the repository: on the host or on a share that is mounted there, or of a repository host that is reached over SSH (`backup1:/srv/lifeboat`).',
    ),
  name: text
    .optional()
    .describe(
      "The cluster's name in the repository. Default: the host's name in the inventory; where a host has several clusters, each further one needs a name of its own.",
    ),
}

/**
 * The paths that `repository` and `name` mean on this host.
 *
 * @param overSsh whether the module can work with a repository on another host
 * @throws archive/remote-repository where it cannot, archive/bad-repository, archive/bad-name
 */
export const layoutFor = (
  ctx: ModuleContext,
  params: { readonly repository: string; readonly name?: string | undefined },
  { overSsh = false }: { readonly overSsh?: boolean } = {},
): RepositoryLayout => {
  const location = parseRepository(params.repository)
  if (location.kind === 'path' || overSsh) return layoutOf(location, params.name ?? ctx.host)
  throw new LifeboatError(
    'archive/remote-repository',
    `"${params.repository}" is a repository on another host, which this module does not support yet`,
    { hints: [`mount ${location.path} of ${location.host} on the database host and name the folder there`] },
  )
}

/**
 * Opens a cluster that must be running.
 *
 * @throws postgres/not-running, and the codes of `openCluster`
 */
export const openRunning = async (ctx: ModuleContext, wanted: string | undefined): Promise<OpenCluster> => {
  const opened = await openCluster(ctx, wanted)
  if (opened.cluster.running) return opened
  throw new LifeboatError('postgres/not-running', `cluster ${opened.cluster.name} is not running`, {
    hints: [`start it first; its data directory is ${opened.cluster.dataDirectory}`],
  })
}

/** The task's session where it is root's. */
export const rootSession = (ctx: ModuleContext): Session | undefined =>
  ctx.session.user === 'root' ? ctx.session : undefined
