import { z } from 'zod'
import { LifeboatError } from '../../base/errors.ts'
import { openMemory, PROVEN_FILE, saveMemory } from '../../cluster/chain/proof-memory.ts'
import { type CopyCheck, checkCopy, problemsOfCopy } from '../../cluster/copy/check-copy.ts'
import type { Identity } from '../../cluster/repository/identity.ts'
import { readRepository, requireIdentity } from '../../cluster/repository/read.ts'
import { openPlace } from '../../cluster/restore/adopt-directory.ts'
import { wantedBackups } from '../../cluster/restore/candidates.ts'
import { unknownTimelines, verifyChains } from '../../cluster/restore/verify-chains.ts'
import { verifyStored } from '../../cluster/restore/verify-stored.ts'
import { defineReader, type ModuleContext } from '../contract.ts'
import { bool, text } from '../shared/params.ts'
import { clusterParam } from './shared/cluster-param.ts'
import { onceLetIn, readGround } from './shared/once-let-in.ts'
import { openCluster } from './shared/open-cluster.ts'
import { layoutFor, repositoryParams, sourceName } from './shared/repository-params.ts'

/** Proves that a repository can restore a cluster, changing nothing. */
export default defineReader({
  kind: 'read',
  summary: 'Proves that a repository can restore a cluster.',
  description: `Compares every file of a backup with the digest that was taken when it was whole (with PostgreSQL 18 also its
contents with the manifest), and reads all WAL from its start to the newest segment: every segment present, whole, of
this cluster, every record following on the one before, along every timeline that leads on from the backup.

It fails where anything is missing or damaged, and says how far a restore could still go. It changes nothing.

What was proven of the WAL is noted in \`proven.json\`, piece by piece, with size and times of its files; the next run reads
only what is new or has been written since. The note is in the cluster's folder of the repository, or beside the key of this
host for a repository host, and no restore and no pruning believes it. Bits that rot on a disk change no time: let \`full\`
read everything now and then.

Where a restored copy is at hand, \`copy\` names it: its pages are checked with pg_checksums (where it is shut down) or its
structures with pg_amcheck (where it runs).

On a repository host files are compared where they are, by their digests alone, and WAL is read on this host.`,
  examples: [
    {
      title: 'The newest backup and the WAL behind it',
      yaml: `- postgresql_verify:
  register: proof`,
    },
  ],
  params: z.strictObject({
    ...repositoryParams,
    source: sourceName.optional().describe("The cluster's name in the repository. Default: this cluster's own."),
    backup: text.optional().describe('Id or label of a backup. Default: the newest.'),
    files: bool.default(true).describe('Whether the files of the backup are read, or only the WAL.'),
    full: bool
      .default(false)
      .describe('Whether all WAL is read anew, also what was proven before and has not changed since.'),
    copy: clusterParam.describe(
      'A cluster on this host that was restored from there, as `cluster` names one: its pages are checked too.',
    ),
    install_amcheck: bool
      .default(false)
      .describe('Whether the extension amcheck may be created in databases of the copy that lack it.'),
  }),
  returns: {
    copy: 'What was found in the restored copy: `cluster`, `running`, `checksums` (`checked`, `files`, `blocks`, `bad`, `problems`, `why`) and `amcheck` (`checked`, `databases`, `skipped`, `problems`, `why`).',
    backup: 'Id of the backup that was verified.',
    stop_time: 'When it ended: the earliest moment that can be restored from it.',
    files: 'Files of the backup that were compared, and their bytes: `count`, `bytes`, `contents`.',
    chains:
      'The WAL along each timeline: first and last segment, how many there are and how many of them an earlier proof counts for (`segments`, `recalled`), last commit, restore points, problem.',
    problems: 'Everything that is wrong, a sentence each.',
  },

  async read(ctx, params) {
    const name = params.source === undefined || params.source === '' ? params.name : params.source
    const layout = layoutFor(ctx, { repository: params.repository, name })
    const ground = await onceLetIn(ctx, async () => {
      const place = await openPlace(
        ctx.session,
        params.cluster,
        async (owner) => requireIdentity(await readRepository(owner, layout)).major_version,
        (user) => ctx.sessionAs(user),
      )
      return { ...place, ...(await readGround(place.session, layout)) }
    })
    if (ground === undefined) return { msg: `${layout.place} was not verified` }
    const { cluster, session, access, repository } = ground
    const identity = requireIdentity(repository)
    if (identity.major_version !== cluster.majorVersion) {
      throw new LifeboatError(
        'restore/version',
        `${layout.place} is of PostgreSQL ${identity.major_version}, ${cluster.name} is of ${cluster.majorVersion}`,
        { hints: ['WAL can only be read by the programs of its own major version'] },
      )
    }
    const backup = wantedBackups(repository, params.backup).reduce((a, b) => (b.stop_time > a.stop_time ? b : a))
    const { binDirectory } = cluster
    const { signal } = ctx
    const stored = params.files
      ? await verifyStored(session, backup, access, binDirectory, {
          signal,
          onProgress: (done, total) => ctx.progress({ phase: 'read files', done, total, unit: 'bytes' }),
        })
      : undefined
    const { system_identifier: system } = identity
    const memory = await openMemory(session, access, system, params.full)
    const chains = await verifyChains(session, repository, backup, {
      access,
      binDirectory,
      memory,
      signal,
      onProgress: (done, total) => ctx.progress({ phase: 'prove WAL', done, total, unit: 'segments' }),
    })
    if (memory && !ctx.checkMode && !(await saveMemory(session, access, system, memory))) {
      ctx.verbose(`what was proven cannot be noted in ${access.note(PROVEN_FILE)}`)
    }
    const copy = params.copy === undefined ? null : await lookAtCopy(ctx, params.copy, identity, params.install_amcheck)
    const problems = [
      ...(stored?.problems.map((problem) => `backup ${backup.id}: ${problem}`) ?? []),
      ...chains.flatMap(({ problem, hints }) => (problem === null ? [] : [[problem, ...hints].join('; ')])),
      ...unknownTimelines(repository),
      ...repository.damaged.map(({ id, reason }) => `backup ${id} is damaged: ${reason}`),
      ...(copy ? problemsOfCopy(copy) : []),
    ]
    return {
      backup: backup.id,
      stop_time: backup.stop_time,
      files: stored ? { count: stored.files, bytes: stored.bytes, contents: stored.contents } : null,
      chains,
      copy,
      problems,
      ...(problems.length > 0 ? { failed: true, msg: problems.join('\n') } : {}),
    }
  },
})

const lookAtCopy = async (
  ctx: ModuleContext,
  wanted: string,
  identity: Identity,
  mayInstall: boolean,
): Promise<CopyCheck> => {
  const { cluster, session } = await openCluster(ctx, wanted)
  const check = await checkCopy(session, cluster, identity, {
    install: mayInstall && !ctx.checkMode,
    signal: ctx.signal,
  })
  const { checksums, amcheck } = check
  if (!checksums.checked && !amcheck.checked) {
    ctx.warn(`the copy ${cluster.name} was not checked: ${checksums.why}; ${amcheck.why}`)
  } else if (amcheck.skipped.length > 0) {
    ctx.warn(`not checked for want of the extension amcheck: ${amcheck.skipped.join(', ')} (install_amcheck: true)`)
  }
  return check
}
