import { z } from 'zod'
import { LifeboatError } from '../../base/errors.ts'
import { findHelpers } from '../../cluster/archive/install.ts'
import { applyLink, inspectFar, inspectLink, type Link, planLink } from '../../cluster/archive/link.ts'
import {
  applyLinkRemoval,
  inspectLinkRemoval,
  type LinkRemoval,
  planLinkRemoval,
} from '../../cluster/archive/remove-link.ts'
import type { RepositoryLayout } from '../../cluster/repository/layout.ts'
import type { Session } from '../../host/connection.ts'
import { defineModule } from '../contract.ts'
import { path, text } from '../shared/params.ts'
import { clusterParam } from './shared/cluster-param.ts'
import { linkParams, linkRequest } from './shared/link-params.ts'
import { openPlaceOwner, ownerParam } from './shared/place-owner.ts'
import { layoutFor } from './shared/repository-params.ts'

interface State {
  readonly session: Session
  readonly layout: RepositoryLayout
  readonly link?: Link
  readonly removal?: LinkRemoval
}

/** Lays the way from a host to a cluster's folder on a repository host. */
export default defineModule({
  kind: 'state',
  summary: "Lays the way from a host to a cluster's folder on a repository host.",
  description: `For a host that restores or verifies from a repository host and archives nothing there; where archiving is set up
\`postgresql_archive\` has laid it. Address, user and pinned host keys are written beside the key that
\`postgresql_repository_key\` made, and the folder is asked for over it: a way that does not lead there is an error.

With \`state: absent\` the key goes too, unless the cluster archives or recovers through it.`,
  examples: [
    {
      title: "Let a spare host read db1's backups (the playbook restore.yml does all of it)",
      yaml: `- postgresql_repository_key:
    repository: backup1:/srv/lifeboat
    name: db1
  register: repository_key
- postgresql_repository:
    repository: backup1:/srv/lifeboat
    name: db1
    access: read
    public_key: "{{ repository_key.public_key | default(omit) }}"
  delegate_to: backup1
  register: repository_host
- postgresql_repository_link:
    repository: backup1:/srv/lifeboat
    name: db1
    repository_host_keys: "{{ repository_host.host_keys }}"`,
    },
  ],
  params: z.strictObject({
    cluster: clusterParam,
    repository: path.describe('The repository on another host: `backup1:/srv/lifeboat`.'),
    name: text.optional().describe("The cluster's name in the repository. Default: the host's name in the inventory."),
    owner: ownerParam,
    ...linkParams,
    state: z.enum(['present', 'absent']).default('present').describe('Whether there is a way.'),
  }),
  returns: { place: "The cluster's folder with its host." },

  async inspect(ctx, params): Promise<State> {
    const layout = layoutFor(ctx, params)
    const request = linkRequest(layout, params)
    if (request === undefined) {
      throw new LifeboatError(
        'archive/remote-repository',
        `${params.repository} is a folder, to which no way is laid`,
        {
          hints: ['a repository on another host is named with it: backup1:/srv/lifeboat'],
        },
      )
    }
    const { session, dataDirectory } = await openPlaceOwner(ctx, params)
    const helpers = await findHelpers(session, dataDirectory ?? '/')
    if (params.state === 'absent') {
      return { session, layout, removal: await inspectLinkRemoval(session, helpers.folder, layout, params.cluster) }
    }
    const link = await inspectLink(session, helpers, layout, request)
    // In check mode the key was perhaps only said to be let in.
    if (planLink(link).length === 0 && !ctx.checkMode) await inspectFar(session, layout, link)
    return { session, layout, link }
  },

  diff: ({ link, removal }) => [...(link ? planLink(link) : []), ...(removal ? planLinkRemoval(removal) : [])],

  async apply(_ctx, _params, _changes, { session, link, removal }) {
    if (link) await applyLink(session, link)
    if (removal) await applyLinkRemoval(session, removal)
    return undefined
  },

  result: ({ layout }) => ({ place: layout.place }),
})
