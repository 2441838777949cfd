import { ownerOfPlace } from '../../../cluster/restore/adopt-directory.ts'
import type { Session } from '../../../host/connection.ts'
import type { ModuleContext } from '../../contract.ts'
import { text } from '../../shared/params.ts'

/** The parameter `owner` of modules that work for a cluster which may not be there yet. */
export const ownerParam = text
  .optional()
  .describe(
    'User whose key it is. Default: the owner of the cluster, or of the data directory in which one is to be restored.',
  )

/** Who owns a cluster, or will own the one that is restored, and where it is. */
export interface PlaceOwner {
  readonly session: Session
  /** Undefined where only the user was named. */
  readonly dataDirectory: string | undefined
}

/**
 * Finds a session of the owner of a cluster that is there, or of the data directory in which it is to be.
 *
 * @throws postgres/no-cluster, postgres/several-clusters, postgres/unknown-cluster, host/become
 */
export const openPlaceOwner = async (
  ctx: ModuleContext,
  params: { readonly cluster?: string | undefined; readonly owner?: string | undefined },
): Promise<PlaceOwner> => {
  const { owner, dataDirectory } =
    params.owner === undefined
      ? await ownerOfPlace(ctx.session, params.cluster)
      : { owner: params.owner, dataDirectory: undefined }
  return { session: ctx.session.user === owner ? ctx.session : await ctx.sessionAs(owner), dataDirectory }
}
