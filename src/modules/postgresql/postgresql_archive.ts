import { z } from 'zod'
import { applyArchive } from '../../cluster/archive/apply.ts'
import { dangersOf } from '../../cluster/archive/dangers.ts'
import { type ArchiveState, inspectArchive } from '../../cluster/archive/inspect.ts'
import { planArchive, restartFor } from '../../cluster/archive/plan.ts'
import {
  applyRemoval,
  inspectRemoval,
  planRemoval,
  type RemovalState,
  restartForRemoval,
  warningsOfRemoval,
} from '../../cluster/archive/remove.ts'
import { type Cluster, locateClusters } from '../../cluster/locate.ts'
import { checkSettingValue } from '../../postgres/settings.ts'
import { defineModule, type ModuleContext } from '../contract.ts'
import { integer, text } from '../shared/params.ts'
import { understood } from '../shared/understood.ts'
import { linkParams, linkRequest } from './shared/link-params.ts'
import { ownerSession } from './shared/open-cluster.ts'
import { layoutFor, openRunning, repositoryParams, rootSession } from './shared/repository-params.ts'

/** As pg_settings has it in every version. */
const ARCHIVE_TIMEOUT = {
  name: 'archive_timeout',
  vartype: 'integer',
  unit: 's',
  enumvals: null,
  min: '0',
  max: '1073741823',
} as const

/** Sets up continuous WAL archiving of one cluster. */
export default defineModule({
  kind: 'state',
  summary: 'Sets up continuous WAL archiving into a repository.',
  description: `Makes the cluster's folder in the repository, with an identity so that no other cluster's WAL is ever mixed in;
installs the helpers that PostgreSQL calls; tries them on that host and in that folder; and sets \`wal_level\`,
\`archive_mode\`, \`archive_command\` and \`archive_timeout\`. Values that allow more already (\`wal_level = logical\`) stay.

It reloads the configuration and never restarts: \`restart_required\` tells whether the server still needs it. What
follows is \`postgresql_restart\` where it does, and \`postgresql_archive_check\`, which proves that WAL arrives.

A cluster that archives already is moved without losing a segment: what waits at that moment is archived by the new
command. What was dangerous in the earlier way is said, and from which segment on the new repository can be relied on;
a base backup is due then.

\`state: absent\` ends archiving. Until the restart that \`archive_mode\` needs, PostgreSQL keeps its WAL.`,
  examples: [
    {
      title: 'Archive into a folder of the host',
      yaml: `- name: Set up the archive
  postgresql_archive:
    archive_timeout: 60s
  register: archive
- name: Restart where a setting needs it
  postgresql_restart:
  when: archive.restart_required
- name: Prove that WAL arrives
  postgresql_archive_check:`,
    },
    {
      title: 'Archive a second cluster of a host to a share',
      yaml: `- postgresql_archive:
    cluster: 15/reports
    repository: /mnt/backup/lifeboat
    name: "{{ inventory_hostname }}-reports"
    compression: zstd`,
    },
    {
      title: 'Archive to a repository host over SSH (playbook archive.yml makes the key and opens the folder)',
      yaml: `- postgresql_archive:
    repository: backup1:/srv/lifeboat
    repository_address: 10.0.0.5
    repository_host_keys: "{{ repository_host.host_keys }}"`,
    },
  ],
  params: z.strictObject({
    ...repositoryParams,
    archive_timeout: understood(text, (value) => checkSettingValue(value, ARCHIVE_TIMEOUT))
      .default('60s')
      .describe(
        'The longest time until a segment is archived though it is not full: with the time archiving takes, it bounds the data that a disaster can cost.',
      ),
    compression: z
      .enum(['auto', 'zstd', 'lz4', 'gzip', 'none'])
      .default('auto')
      .describe('How segments are compressed; `auto` takes the fastest program that the host has.'),
    ...linkParams,
    state: z
      .enum(['present', 'absent'])
      .default('present')
      .describe(
        '`absent` takes back what this module does: `archive_command`, `archive_mode` and `archive_timeout`, the helpers and the key. The WAL in the repository stays.',
      ),
    parallel: z
      .union([z.literal('auto'), integer.refine((count) => count >= 1 && count <= 64, 'must be 1 to 64')], {
        error: 'must be auto or a number from 1 to 64',
      })
      .default('auto')
      .describe(
        'How many segments are archived at the same time when several wait; `auto`: as many as the host has cores, at most 4.',
      ),
  }),
  returns: {
    repository: 'The repository.',
    name: "The cluster's name in it.",
    system_identifier: "The cluster's system identifier, as text.",
    compression: 'How segments are compressed.',
    archive_command: 'The command that PostgreSQL calls for each segment.',
    restart_required: 'Whether settings wait for a restart of the server.',
    pending_restart: 'Names of those settings.',
    last_archived_wal: 'The last file that was archived.',
    chain_begins:
      'Where the cluster archived elsewhere before: the first segment that is in this repository for certain.',
    failing: 'Whether the last attempt of the archiver failed.',
  },

  async inspect(ctx, params, before): Promise<State> {
    const layout = layoutFor(ctx, params)
    const { cluster, session } = await openRunning(ctx, params.cluster)
    if (params.state === 'absent') {
      const removal = await inspectRemoval(session, cluster, layout, await otherConfigurations(ctx, cluster))
      if (before === undefined) for (const warning of warningsOfRemoval(removal)) ctx.warn(warning)
      return { removal }
    }
    const archive = await inspectArchive({ owner: session, root: rootSession(ctx) }, cluster, {
      layout,
      compression: params.compression,
      archiveTimeout: params.archive_timeout,
      parallel: params.parallel === 'auto' ? undefined : params.parallel,
      link: linkRequest(layout, params),
      foresee: ctx.checkMode,
    })
    if (before === undefined) for (const danger of dangersOf(archive)) ctx.warn(danger)
    if (archive.closed) {
      ctx.warn(`${archive.closed.message}; only -b, or an earlier task that makes it, makes this one work`)
    }
    return { archive }
  },

  diff: ({ archive, removal }) => [...(archive ? planArchive(archive) : []), ...(removal ? planRemoval(removal) : [])],

  async apply(ctx, _params, changes, { archive, removal }) {
    if (removal) await applyRemoval(await ownerSession(ctx, removal.cluster), removal, changes)
    if (!archive) return undefined
    const sessions = { owner: await ownerSession(ctx, archive.cluster), root: rootSession(ctx) }
    const { begins } = await applyArchive(sessions, archive, changes, ctx.host)
    if (begins === undefined) return undefined
    ctx.warn(
      `${archive.layout.place} has the WAL from ${begins} on, and what still waited; backups from before need the earlier archive: take a base backup now, and keep that archive as long as you keep those`,
    )
    return { chain_begins: begins }
  },

  result({ archive, removal }, params, changes) {
    const pending = archive ? restartFor(archive, changes) : removal ? restartForRemoval(removal, changes) : []
    const restart = { restart_required: pending.length > 0, pending_restart: pending }
    if (!archive) return restart
    const { archiver, layout } = archive
    return {
      repository: params.repository.replace(/(?<=.)\/+$/, ''),
      name: layout.name,
      system_identifier: archive.identity.system_identifier,
      compression: archive.compression,
      archive_command: archive.settings.wish.values.archive_command,
      ...restart,
      last_archived_wal: archiver.last_archived_wal,
      failing: (archiver.last_failed_time ?? '') > (archiver.last_archived_time ?? ''),
    }
  },
})

/** One of both: archiving as it shall be, or shall not be. */
interface State {
  readonly archive?: ArchiveState
  readonly removal?: RemovalState
}

/** Configurations of the other clusters on the host, which may use the same helpers. */
const otherConfigurations = async (ctx: ModuleContext, cluster: Cluster): Promise<string[]> =>
  (await locateClusters(ctx.session, cluster.dataDirectory))
    .filter((other) => other.dataDirectory !== cluster.dataDirectory)
    .flatMap((other) => [other.configFile, `${other.dataDirectory}/postgresql.auto.conf`])
