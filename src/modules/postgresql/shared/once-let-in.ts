import { LifeboatError } from '../../../base/errors.ts'
import { openAccess, type RepositoryAccess } from '../../../cluster/repository/access.ts'
import type { RepositoryLayout } from '../../../cluster/repository/layout.ts'
import { type Repository, readRepository } from '../../../cluster/repository/read.ts'
import type { Session } from '../../../host/connection.ts'
import type { ModuleContext } from '../../contract.ts'

/**
 * Does something for which the repository host must let this host in. In check mode, where that was perhaps only
 * predicted, it says what it cannot know instead.
 *
 * @returns undefined where it could not be done and this is check mode
 */
export const onceLetIn = async <T>(ctx: ModuleContext, work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await work()
  } catch (error) {
    if (!ctx.checkMode || !isNotLetIn(error)) throw error
    ctx.warn(`${error.message}; what is there is not known to check mode before it is let in`)
    return undefined
  }
}

const isNotLetIn = (error: unknown): error is LifeboatError =>
  error instanceof LifeboatError && (error.code === 'archive/no-link' || error.code === 'archive/unreachable')

/** What a repository holds of a cluster, and the access by which it was read. */
export interface RepositoryGround {
  readonly access: RepositoryAccess
  readonly repository: Repository
}

/**
 * Opens a cluster's folder in the repository and reads it.
 *
 * @param session of the cluster's owner
 */
export const readGround = async (session: Session, layout: RepositoryLayout): Promise<RepositoryGround> => {
  const access = await openAccess(session, layout)
  return { access, repository: await readRepository(session, layout, access) }
}
