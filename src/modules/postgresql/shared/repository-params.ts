import { LifeboatError } from '../../../base/errors.ts'
import { layoutOf, type RepositoryLayout } from '../../../cluster/repository/layout.ts'
import { parseRepository } from '../../../cluster/repository/location.ts'
import type { Session } from '../../../host/connection.ts'
import type { ModuleContext } from '../../contract.ts'
import { path, text } from '../../shared/params.ts'
import { understood } from '../../shared/understood.ts'
import { clusterParam } from './cluster-param.ts'
import { type OpenCluster, openCluster } from './open-cluster.ts'

/** A repository: the path of a folder, or `host:/path`. */
export const repository = understood(path, parseRepository)

/** The name of a cluster in a repository, which is that of its folder there. */
export const clusterName = understood(text, (name) => demandName(name))

/** The same of another cluster, to restore from; an empty text, which a playbook's default may leave, is none. */
export const sourceName = understood(text, (name) => name === '' || demandName(name))

const demandName = (name: string): RepositoryLayout => layoutOf({ kind: 'path', path: '/' }, name)

/** Parameters of every module that works on a running cluster and its repository. */
export const repositoryParams = {
  cluster: clusterParam,
  repository: repository
    .default('/var/backups/lifeboat')
    .describe(
      'Folder of the repository: on the host or on a share that is mounted there, or of a repository host that is reached over SSH (`backup1:/srv/lifeboat`).',
    ),
  name: clusterName
    .optional()
    .describe(
      "The cluster's name in the repository. Default: the host's name in the inventory; where a host has several clusters, each further one needs a name of its own.",
    ),
}

/**
 * The paths that `repository` and `name` mean, on this host or on a repository host.
 *
 * @throws archive/bad-repository, archive/bad-name
 */
export const layoutFor = (
  ctx: ModuleContext,
  params: { readonly repository: string; readonly name?: string | undefined },
): RepositoryLayout => layoutOf(parseRepository(params.repository), params.name ?? ctx.host)

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
