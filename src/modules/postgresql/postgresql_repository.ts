import { z } from 'zod'
import { checkKey } from '../../cluster/repository/authorized-keys.ts'
import { applyHost, applyRemoval, type HostSessions } from '../../cluster/repository/host/apply.ts'
import { type HostState, inspectHost } from '../../cluster/repository/host/inspect.ts'
import { planHost, planRemoval } from '../../cluster/repository/host/plan.ts'
import { layoutOf } from '../../cluster/repository/layout.ts'
import { parseRepository } from '../../cluster/repository/location.ts'
import { defineModule, type ModuleContext } from '../contract.ts'
import { text } from '../shared/params.ts'
import { understood } from '../shared/understood.ts'
import { clusterName, repository, rootSession } from './shared/repository-params.ts'

const loginName = text.refine((user) => /^[a-z_][a-z0-9_-]*$/.test(user), 'must be the name of a user')

/** Opens a folder of a repository host to one database host. */
export default defineModule({
  kind: 'state',
  summary: 'Opens a folder of a repository host to the key of one database host.',
  description: `Runs on the repository host, so with \`delegate_to\`. Makes the user that owns the repository, the cluster's folder,
and lets one key in that can do nothing there but push, get and list WAL and take backups of this very cluster: a forced
command, no terminal, no forwarding. A backup that is finished cannot be changed or removed with it.

With \`state: absent\` the host is no longer let in; WAL, backups and user stay.`,
  examples: [
    {
      title: 'A repository on another host',
      yaml: `- name: Make the key of the database host
  postgresql_repository_key:
    repository: backup1:/srv/lifeboat
  register: repository_key
- name: Open the repository to that key alone
  postgresql_repository:
    repository: backup1:/srv/lifeboat
    public_key: "{{ repository_key.public_key | default(omit) }}"
  delegate_to: backup1
  register: repository_host
- name: Set up the archive
  postgresql_archive:
    repository: backup1:/srv/lifeboat
    repository_address: "{{ hostvars.backup1.ansible_host }}"
    repository_host_keys: "{{ repository_host.host_keys }}"`,
    },
    {
      title: 'Let another host read it, to restore from it',
      yaml: `- postgresql_repository:
    repository: backup1:/srv/lifeboat
    name: db1
    public_key: "{{ repository_key.public_key }}"
    access: read
  delegate_to: backup1`,
    },
  ],
  params: z.strictObject({
    repository: repository.describe(
      'The repository, as the database host names it: `backup1:/srv/lifeboat`, or the path alone.',
    ),
    name: clusterName
      .optional()
      .describe("The cluster's name in the repository. Default: the name of the database host in the inventory."),
    public_key: understood(text, checkKey)
      .optional()
      .describe('The key to let in, of `postgresql_repository_key`. Only check mode can do without.'),
    access: z
      .enum(['write', 'read'])
      .default('write')
      .describe('`read` lets a host only fetch, to restore or to verify; one that may write already keeps that.'),
    user: loginName
      .default('lifeboat')
      .describe('The user that owns the repository and is logged in as; made if need be.'),
    state: z.enum(['present', 'absent']).default('present').describe('Whether the database host is let in.'),
  }),
  returns: {
    host_keys: 'Public host keys of the repository host, to be pinned on the database host.',
    user: 'The user to log in as.',
    folder: "The cluster's folder.",
  },

  async inspect(ctx, params): Promise<HostState> {
    const location = parseRepository(params.repository)
    return await inspectHost(ctx.session, {
      layout: layoutOf({ kind: 'path', path: location.path }, params.name ?? ctx.host),
      user: params.user,
      publicKey: params.public_key === undefined ? undefined : checkKey(params.public_key),
      holder: `lifeboat ${ctx.host}`,
      readOnly: params.access === 'read',
    })
  },

  diff: (state, params) => (params.state === 'absent' ? planRemoval(state) : planHost(state)),

  async apply(ctx, params, changes, state) {
    const sessions = sessionsOf(ctx, state.wish.user)
    if (params.state === 'absent') await applyRemoval(sessions, state)
    else await applyHost(sessions, state, changes)
    const lacking = ['zstd', 'lz4', 'gzip'].filter((name) => !state.programs.includes(name))
    if (params.state === 'present' && lacking.length > 0) {
      ctx.verbose(`without ${lacking.join(' and ')} this host cannot look into what comes packed with it`)
    }
    return undefined
  },

  result: (state) => ({ host_keys: state.hostKeys, user: state.wish.user, folder: state.wish.layout.folder }),
})

const sessionsOf = (ctx: ModuleContext, user: string): HostSessions => ({
  root: rootSession(ctx),
  user: async () => (ctx.session.user === user ? ctx.session : ctx.sessionAs(user)),
})
