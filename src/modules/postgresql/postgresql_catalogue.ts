import { z } from 'zod'
import { LifeboatError } from '../../base/errors.ts'
import { catalogueText } from '../../cluster/catalogue/catalogue-text.ts'
import { lookAround } from '../../cluster/catalogue/look.ts'
import { groundOf, makeCatalogue } from '../../cluster/catalogue/make-catalogue.ts'
import { proveReaches } from '../../cluster/catalogue/prove-reach.ts'
import { openAccess } from '../../cluster/repository/access.ts'
import { requireIdentity } from '../../cluster/repository/read.ts'
import { defineReader } from '../contract.ts'
import { bool } from '../shared/params.ts'
import { layoutFor, repositoryParams } from './shared/repository-params.ts'
import { openRepository, programsFor } from './shared/repository-session.ts'

/** Tells what a repository holds of a cluster and to which moments it can be restored. */
export default defineReader({
  kind: 'read',
  summary: 'Tells what a repository holds, and to which moments a cluster can be restored.',
  description: `Lists the backups with the window of recovery of each along every timeline that leads on from it, the timelines as a
tree, gaps in the WAL, sizes, and folders that are damaged or were never finished. PostgreSQL keeps no such catalogue; it
is made anew from the files of the repository each time, so it cannot differ from them.

A window ends with the last segment that is there without a gap; with \`prove\` all WAL is read and it ends with the last
record that is whole. Over SSH WAL is read on this host, which must have a key of the repository host. The same as a text for people is in \`msg\`; the playbook catalogue.yml prints it.`,
  examples: [
    {
      title: 'What is there',
      yaml: `- postgresql_catalogue:
  register: catalogue
- debug:
    msg: "{{ catalogue.msg }}"`,
    },
  ],
  params: z.strictObject({
    ...repositoryParams,
    prove: bool.default(false).describe('Whether all WAL behind the backups is read with pg_waldump.'),
  }),
  returns: {
    folder: "The cluster's folder in the repository.",
    system_identifier: "The cluster's system identifier, as text.",
    read_at: 'When it was read, by the clock of the host.',
    backups:
      'Whole backups, oldest first: `id`, `label`, `type`, `parent`, `timeline`, `start_lsn`, `stop_lsn`, `start_time`, `stop_time`, `age` (seconds), `size`, `stored_size`, `first_segment`, `last_segment`, `windows`, `problems`, `reader`. A window has `timeline`, `from_lsn`, `from_time`, `to_lsn`, `to_segment`, `to_time`, `proven`, `ends`, `problem`.',
    timelines:
      'The tree: `timeline`, `parent`, `start_lsn`, `reason`, `children`, `future`, `segments`, `wal_size`, `first_segment`, `last_segment`, `last_archived`, `backups`.',
    gaps: 'WAL that is missing: `first_segment`, `last_segment`, `segments`, `lsn`, `timelines`, `next_backup`.',
    damaged: 'Folders that look like a backup and are none: `id`, `reason`, `size`.',
    incomplete: 'What an interrupted backup left: `name`, `size`.',
    sizes: 'Bytes of `backups`, `wal` and in `total`.',
    space: 'Bytes of the file system: `total`, `free`.',
    msg: 'All of it as a text.',
  },

  async read(ctx, params) {
    const layout = layoutFor(ctx, params)
    const { session, repository } = await openRepository(ctx, layout, params.cluster)
    const ground = groundOf(repository, await lookAround(session, layout))
    if (!params.prove) return answer(makeCatalogue(ground))
    const { system_identifier: systemIdentifier, major_version: major } = requireIdentity(repository)
    const binDirectory = await programsFor(ctx, repository, params.cluster)
    if (binDirectory === undefined) {
      throw new LifeboatError('restore/no-binaries', `pg_waldump of PostgreSQL ${major} is not on this host`, {
        hints: ['WAL can only be read by the programs of its own major version; leave out prove'],
      })
    }
    const proofs = await proveReaches(session, repository.backups, ground, {
      access: await openAccess(session, layout),
      binDirectory,
      systemIdentifier,
      signal: ctx.signal,
      onProgress: (done, total) => ctx.progress({ phase: 'prove WAL', done, total, unit: 'segments' }),
    })
    return answer(makeCatalogue(ground, proofs))
  },
})

const answer = (catalogue: ReturnType<typeof makeCatalogue>) => ({ ...catalogue, msg: catalogueText(catalogue) })
