import { z } from 'zod'
import { LifeboatError } from '../../base/errors.ts'
import { inspectKey, type KeyState, makeKey } from '../../cluster/repository/key.ts'
import { parseRepository } from '../../cluster/repository/location.ts'
import { defineModule } from '../contract.ts'
import { refusal } from '../rules.ts'
import { clusterParam } from './shared/cluster-param.ts'
import { openPlaceOwner, ownerParam } from './shared/place-owner.ts'
import { clusterName, layoutFor, repository } from './shared/repository-params.ts'

/** Makes the key with which a database host reaches a repository host. */
export default defineModule({
  kind: 'state',
  summary: 'Makes the key with which a database host reaches its folder on a repository host.',
  description: `An Ed25519 key made on the database host, for its cluster and that repository alone. The private half never leaves
the host; the public one is the result, for \`postgresql_repository\` on the repository host. A key that is there stays.`,
  examples: [
    {
      title: 'Before the repository host is told of it',
      yaml: `- postgresql_repository_key:
    repository: backup1:/srv/lifeboat
  register: repository_key`,
    },
  ],
  params: z.strictObject({
    cluster: clusterParam,
    repository: repository.describe('The repository on another host: `backup1:/srv/lifeboat`.'),
    name: clusterName
      .optional()
      .describe("The cluster's name in the repository. Default: the host's name in the inventory."),
    owner: ownerParam,
  }),
  rules: (given) => [() => refusal('repository', () => demandHost(given.repository))],
  returns: {
    public_key: 'The public key, one line; not in check mode before it was made.',
    admitted:
      'What the repository host lets it do: `write`, `read`, or `no` where it could not be asked over the way that is laid.',
  },

  async inspect(ctx, params): Promise<KeyState> {
    const layout = layoutFor(ctx, params)
    demandHost(params.repository)
    const { session } = await openPlaceOwner(ctx, params)
    return await inspectKey(session, layout, `lifeboat ${ctx.host}`)
  },

  diff: (state) =>
    state.publicKey === undefined ? [{ subject: 'key', before: null, after: `${state.link}/key` }] : [],

  async apply(_ctx, _params, _changes, state) {
    await makeKey(state)
    return undefined
  },

  result: ({ publicKey, admitted }) => ({ ...(publicKey === undefined ? {} : { public_key: publicKey }), admitted }),
})

/** A folder of the host itself needs no key. */
const demandHost = (repository: string): void => {
  if (parseRepository(repository).kind === 'ssh') return
  throw new LifeboatError('archive/remote-repository', `${repository} is a folder, which needs no key`, {
    hints: ['a repository on another host is named with it: backup1:/srv/lifeboat'],
  })
}
