import { LifeboatError } from '../../../base/errors.ts'
import { sh } from '../../../base/quote.ts'
import { type Cluster, locateCluster } from '../../../cluster/locate.ts'
import { layoutOf, type RepositoryLayout } from '../../../cluster/repository/layout.ts'
import { parseRepository } from '../../../cluster/repository/location.ts'
import { type Repository, readRepository, requireIdentity } from '../../../cluster/repository/read.ts'
import { placeOfRestore } from '../../../cluster/restore/adopt-directory.ts'
import type { Session } from '../../../host/connection.ts'
import type { Fault, ModuleContext } from '../../contract.ts'
import { refusal } from '../../rules.ts'
import { ownerSession } from './open-cluster.ts'
import { openPlaceOwner } from './place-owner.ts'

/**
 * The paths that `repository` and `name` mean, for a task that works where the repository is.
 *
 * @throws archive/remote-repository for `host:/path`: then the task belongs on that host
 */
export const layoutHere = (
  ctx: ModuleContext,
  params: { readonly repository: string; readonly name?: string | undefined },
): RepositoryLayout => {
  demandFolderHere(params.repository)
  return layoutOf(parseRepository(params.repository), params.name ?? ctx.host)
}

/** The same demand, as a rule about parameters. */
export const folderHere = (repository: string): Fault | undefined =>
  refusal('repository', () => demandFolderHere(repository))

const demandFolderHere = (repository: string): void => {
  const location = parseRepository(repository)
  if (location.kind === 'path') return
  throw new LifeboatError('archive/remote-repository', `"${repository}" is a repository on another host`, {
    hints: [
      `this task works where the repository is: delegate_to: ${location.host}, repository: ${location.path}`,
      'the playbooks prune.yml and catalogue.yml do that by themselves',
    ],
  })
}

/**
 * A session that may read and write a cluster's folder in the repository: of the folder's owner, on whatever host it
 * is. Where the task's user may not even look at it, as root may not on a share, of the owner of the cluster, whose key
 * it is too where the repository is on another host.
 */
export const repositorySession = async (
  ctx: ModuleContext,
  layout: RepositoryLayout,
  wanted: string | undefined,
): Promise<Session> => {
  if (layout.location.kind === 'ssh') return (await openPlaceOwner(ctx, { cluster: wanted })).session
  const { status, stdout } = await ctx.run(sh`LC_ALL=C stat -c %U ${layout.folder}`.text)
  const owner = stdout.trim()
  if (status === 0 && owner !== '' && owner !== 'UNKNOWN') {
    return owner === ctx.session.user ? ctx.session : ctx.sessionAs(owner)
  }
  try {
    return await ownerSession(ctx, await locateCluster(ctx.session, wanted))
  } catch (error) {
    if (error instanceof LifeboatError && error.code.startsWith('postgres/')) return ctx.session
    throw error
  }
}

/** Reads a cluster's part of a repository that must have been set up. */
export const openRepository = async (
  ctx: ModuleContext,
  layout: RepositoryLayout,
  wanted: string | undefined,
): Promise<{ readonly session: Session; readonly repository: Repository }> => {
  const session = await repositorySession(ctx, layout, wanted)
  const repository = await readRepository(session, layout)
  requireIdentity(repository)
  return { session, repository }
}

/**
 * The folder with PostgreSQL's programs of the repository's major version on this host; undefined where it has none.
 */
export const programsFor = async (
  ctx: ModuleContext,
  repository: Repository,
  wanted: string | undefined,
): Promise<string | undefined> => {
  const major = requireIdentity(repository).major_version
  const find = async (place: string | undefined): Promise<Cluster | undefined> => {
    try {
      const cluster = await placeOfRestore(ctx.session, place, async () => major)
      return cluster.majorVersion === major ? cluster : undefined
    } catch (error) {
      if (error instanceof LifeboatError && /^(postgres|restore)\//.test(error.code)) return undefined
      throw error
    }
  }
  // A folder that cannot be a cluster is adopted as a new one, with the binaries that are installed for the version.
  return ((await find(wanted)) ?? (await find(`${repository.layout.folder}/none`)))?.binDirectory
}
