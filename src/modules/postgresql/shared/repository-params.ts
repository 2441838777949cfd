import { LifeboatError } from '../../../base/errors.ts'
import { layoutOf, type RepositoryLayout } from '../../../cluster/repository/layout.ts'
import { parseRepository } from '../../../cluster/repository/location.ts'
import type { Session } from '../../../host/connection.ts'
import type { Fault, ModuleContext } from '../../contract.ts'
import { refusal } from '../../rules.ts'
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
  if (!overSsh) demandFolder(params.repository)
  return layoutOf(parseRepository(params.repository), params.name ?? ctx.host)
}

/** The demand of a module that cannot work with a repository on another host, as a rule about its parameters. */
export const folderOnly = (repository: string): Fault | undefined =>
  refusal('repository', () => demandFolder(repository))

const demandFolder = (repository: string): void => {
  const location = parseRepository(repository)
  if (location.kind === 'path') return
  throw new LifeboatError(
    'archive/remote-repository',
    `"${repository}" is a repository on another host, which this module does not support yet`,
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
