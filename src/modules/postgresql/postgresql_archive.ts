import { z } from 'zod'
import { applyArchive } from '../../cluster/archive/apply.ts'
import { compressionOfCommand } from '../../cluster/archive/command.ts'
import { type ArchiveState, inspectArchive } from '../../cluster/archive/inspect.ts'
import { planArchive, restartFor } from '../../cluster/archive/plan.ts'
import { defineModule } from '../contract.ts'
import { integer, text } from '../shared/params.ts'
import { linkParams, linkRequest } from './shared/link-params.ts'
import { ownerSession } from './shared/open-cluster.ts'
import { layoutFor, openRunning, repositoryParams, rootSession } from './shared/repository-params.ts'

/** Sets up continuous WAL archiving of one cluster. */
export default defineModule({
  kind: 'state',
  summary: 'Set up continuous WAL archiving into a repository',
  description: `Makes the cluster's folder in the repository, with an identity so that no other cluster's WAL is ever mixed in;
installs the helpers that PostgreSQL calls; tries them on that host and in that folder; and sets \`wal_level\`,
\`archive_mode\`, \`archive_command\` and \`archive_timeout\`. Values that allow more already (\`wal_level = logical\`) stay.

It reloads the configuration and never restarts: \`restart_required\` tells whether the server still needs it. What
follows is \`postgresql_restart\` where it does, and \`postgresql_archive_check\`, which proves that WAL arrives.`,
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
    archive_timeout: text
      .default('60s')
      .describe(
        'The longest time until a segment is archived though it is not full: with the time archiving takes, it bounds the data that a disaster can cost.',
      ),
    compression: z
      .enum(['auto', 'zstd', 'lz4', 'gzip', 'none'])
      .default('auto')
      .describe('How segments are compressed; `auto` takes the fastest program that the host has.'),
    ...linkParams,
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
    failing: 'Whether the last attempt of the archiver failed.',
  },

  async inspect(ctx, params): Promise<ArchiveState> {
    const layout = layoutFor(ctx, params, { overSsh: true })
    const { cluster, session } = await openRunning(ctx, params.cluster)
    return await inspectArchive({ owner: session, root: rootSession(ctx) }, cluster, {
      layout,
      compression: params.compression,
      archiveTimeout: params.archive_timeout,
      parallel: params.parallel === 'auto' ? undefined : params.parallel,
      link: linkRequest(layout, params),
      foresee: ctx.checkMode,
    })
  },

  diff: (state) => planArchive(state),

  async apply(ctx, _params, changes, state) {
    warnAbout(ctx.warn, state)
    const sessions = { owner: await ownerSession(ctx, state.cluster), root: rootSession(ctx) }
    await applyArchive(sessions, state, changes, ctx.host)
    return undefined
  },

  result(state, params, changes) {
    const pending = restartFor(state, changes)
    const { archiver, layout } = state
    return {
      repository: params.repository.replace(/(?<=.)\/+$/, ''),
      name: layout.name,
      system_identifier: state.identity.system_identifier,
      compression: state.compression,
      archive_command: state.settings.wish.values.archive_command,
      restart_required: pending.length > 0,
      pending_restart: pending,
      last_archived_wal: archiver.last_archived_wal,
      failing: (archiver.last_failed_time ?? '') > (archiver.last_archived_time ?? ''),
    }
  },
})

const warnAbout = (warn: (message: string) => void, state: ArchiveState): void => {
  const { folder, layout, configuredCommand } = state
  if (folder.besideData) {
    warn(`${layout.root} is on the disk of the data directory: what takes the one takes the other`)
  }
  if (configuredCommand !== '' && compressionOfCommand(configuredCommand) === undefined) {
    warn(`archive_command was "${configuredCommand}": the archive that it fed gets no more WAL from now on`)
  }
}
