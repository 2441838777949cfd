import { z } from 'zod'
import type { Change } from '../../base/change.ts'
import { parseDuration } from '../../base/duration.ts'
import { LifeboatError } from '../../base/errors.ts'
import { parseSize } from '../../base/size.ts'
import { parseCompression } from '../../cluster/backup/compression.ts'
import { type BackupState, inspectBackup } from '../../cluster/backup/inspect.ts'
import { takeBackup } from '../../cluster/backup/take-backup.ts'
import { defineModule, type Fault } from '../contract.ts'
import { fault } from '../rules.ts'
import { bool, integerFrom, parameterTypes, text } from '../shared/params.ts'
import { duration, understood } from '../shared/understood.ts'
import { ownerSession } from './shared/open-cluster.ts'
import { layoutFor, openRunning, repositoryParams } from './shared/repository-params.ts'

/** What pg_basebackup takes: 32 kB to 1024 MB. */
const rate = understood(text, (value) => {
  const bytes = parseSize(value)
  if (bytes >= 32 * 1024 && bytes <= 1024 ** 3) return
  throw new LifeboatError('value/bad-size', `"${value}" is not a rate that pg_basebackup keeps to`, {
    hints: ['it must lie between 32kB and 1GB'],
  })
}).register(parameterTypes, { type: 'size' })

const onlyBaseBackup = (method: string, asked: boolean, what: string): Fault | undefined =>
  method === 'parallel' && asked
    ? fault('method', `method parallel is not possible: only pg_basebackup ${what}`)
    : undefined

/** Keeps a base backup in the repository that is young enough. */
export default defineModule({
  kind: 'state',
  summary: 'Takes a base backup into the repository.',
  description: `Takes a backup, full or incremental, unless a whole one that is younger than \`max_age\` is there. For type full only
full ones count.

Before it begins, everything that would make it fail or worthless is checked: archiving into this repository works, the
identity is right, a walsender is free and replication connections are let in, the programs are of the server's version,
there is room. It is written under a name that ends in \`.incomplete\`. When PostgreSQL has ended the backup, all WAL from
its start to its stop is proven to be in the repository, the configuration files are copied beside it, every file gets a
digest, and only then it gets its name. What an interrupted attempt left, on disk and running, is removed first.

On a repository host it is the same. The data goes there over SSH straight from the database host, compressed where it comes
from; what arrived is compared with what was sent, and digests are computed there. pg_basebackup streams a cluster without
tablespaces, several tars one with them. What only pg_basebackup can do and cannot stream (an increment of a cluster with
tablespaces, wal_method stream, compression by the server) is written on the database host first and never takes its last
gigabyte.`,
  examples: [
    {
      title: 'A backup a day, however often the playbook runs',
      yaml: `- name: Base backup
  postgresql_backup:
    max_age: 24h`,
    },
    {
      title: 'Slow and gentle, compressed by the client, with its WAL inside',
      yaml: `- name: Base backup
  postgresql_backup:
    compression: client-gzip:5
    wal_method: fetch
    checkpoint: spread
    max_rate: 50MB`,
    },
    {
      title: 'An increment a day, and a full backup a week',
      yaml: `- name: Base backup
  postgresql_backup:
    type: auto
    max_age: 24h
    full_max_age: 7d`,
    },
  ],
  aliases: { wal: 'wal_method' },
  sensitive: ['primary'],
  params: z.strictObject({
    ...repositoryParams,
    max_age: duration
      .default('0')
      .describe('A whole backup that is younger is enough (`24h`). Default: each run takes one.'),
    type: z
      .enum(['full', 'incremental', 'auto'])
      .default('full')
      .describe(
        '`incremental` takes what has changed since the youngest whole backup began (PostgreSQL 17, with `summarize_wal` on). `auto` does so where it can, and else takes a full one.',
      ),
    full_max_age: duration
      .default('7d')
      .describe('With type auto: an older full backup gets no further increment, and a new one is taken.'),
    max_increments: integerFrom(0)
      .default(14)
      .describe('With type auto: increments on one full backup. A restore puts all of them together.'),
    label: text
      .optional()
      .describe('Label of the backup, for people and for `backup_label`. Default: `lifeboat` and its name.'),
    compression: understood(text, parseCompression)
      .default('auto')
      .describe(
        "As pg_basebackup writes it: `zstd:3`, `server-zstd:level=1,workers=4`, `client-gzip:5`, `lz4`, `none`. `auto` is the fastest: by the server with several threads from PostgreSQL 15 on, by the host's programs before.",
      ),
    method: z
      .enum(['auto', 'pg_basebackup', 'parallel'])
      .default('auto')
      .describe(
        '`parallel` is the low-level API: several tars and compressors at once, without a walsender. `auto` chooses and says with `-v` why.',
      ),
    jobs: integerFrom(1, 64)
      .optional()
      .describe('Archives that method parallel writes at the same time. Default: one for each two cores, at most 8.'),
    checkpoint: z
      .enum(['fast', 'spread'])
      .default('fast')
      .describe('`spread` is gentle on the disks and may wait for minutes before the backup begins.'),
    wal_method: z
      .enum(['none', 'fetch', 'stream'])
      .default('none')
      .describe('Whether the WAL of the backup goes into it too; it is proven to be in the archive either way.'),
    max_rate: rate.optional().describe('The most that is transferred in a second (`50MB`). Default: no limit.'),
    from_standby: bool
      .default(false)
      .describe(
        "Whether a standby will do. `name` is the primary's in the repository, into which the primary archives; it is asked for a WAL switch at the end, or its `archive_timeout` is waited for.",
      ),
    primary: text
      .optional()
      .describe(
        "Connection string with which a standby's host reaches the primary as a role that may switch WAL. Default: its `primary_conninfo`.",
      ),
    wal_timeout: duration
      .default('5m')
      .describe('How long the WAL of the backup may take into the repository after its end.'),
    nice: integerFrom(1, 19)
      .optional()
      .describe("Niceness of the host's programs, 1 to 19. What the server itself does keeps its own."),
    ionice: z
      .enum(['idle', 'best-effort'])
      .optional()
      .describe("I/O class of the host's programs: `idle`, or the lowest priority of `best-effort`."),
  }),
  rules: (given) => [
    () => onlyBaseBackup(given.method, given.type === 'incremental', 'takes increments (type: incremental)'),
    () => onlyBaseBackup(given.method, given.wal_method !== 'none', 'takes the WAL into the backup (wal_method)'),
    () => onlyBaseBackup(given.method, given.max_rate !== undefined, 'keeps to a rate (max_rate)'),
  ],
  returns: {
    id: 'Name of the youngest whole backup: the one that was taken, or the one that is young enough.',
    type: '`full` or `incr`.',
    parent: 'The backup that it is an increment to.',
    path: 'Its folder.',
    label: 'Its label.',
    age: 'Seconds since it ended.',
    size: "Bytes of the cluster's files in it.",
    stored_size: 'Bytes that it takes in the repository.',
    start_lsn: 'Where its replay begins.',
    stop_lsn: 'From where on it is consistent.',
    first_segment: 'The oldest WAL segment that it needs.',
    method: 'How it was taken.',
  },

  async inspect(ctx, params): Promise<BackupState> {
    const layout = layoutFor(ctx, params)
    const compression = parseCompression(params.compression)
    const { cluster, session } = await openRunning(ctx, params.cluster)
    const maxAge = parseDuration(params.max_age)
    return await inspectBackup(session, cluster, {
      layout,
      maxAge,
      compression,
      walMethod: params.wal_method,
      method: params.method,
      jobs: params.jobs,
      type: params.type,
      fromStandby: params.from_standby,
      fullMaxAge: parseDuration(params.full_max_age),
      maxIncrements: params.max_increments,
      maxRate: maxRateOf(params),
    })
  },

  diff(state, params, before): Change[] {
    // In the proof the event counts: with max_age 0 every backup is too old the moment it is there.
    const taken = before !== undefined && state.decision.latest?.id !== before.decision.latest?.id
    const { ready, decision } = state
    if (!decision.due || taken || ready === undefined) return []
    const how = [ready.path.words, `${params.checkpoint} checkpoint`, `WAL ${params.wal_method}`].join(', ')
    const { parent } = ready.increment
    const what = parent === undefined ? 'a full backup' : `an increment to ${parent.id}`
    return [{ subject: 'backup', before: decision.words, after: `${what} (${how})` }]
  },

  async apply(ctx, params, _changes, state) {
    const { ready } = state
    if (ready === undefined) return undefined
    ctx.verbose(`${ready.increment.parent === undefined ? 'full' : 'incremental'}: ${ready.increment.why}`)
    ctx.verbose(`${ready.path.words}: ${ready.path.why}`)
    for (const warning of ready.warnings) ctx.warn(warning)
    const session = await ownerSession(ctx, state.cluster)
    const { record, swept } = await takeBackup({
      ...ready,
      session,
      cluster: state.cluster,
      server: state.server,
      inventoryHost: ctx.host,
      runId: ctx.runId,
      label: params.label,
      checkpoint: params.checkpoint,
      walMethod: params.wal_method,
      maxRate: maxRateOf(params),
      priority: priorityOf(params),
      primary: params.primary,
      walTimeout: parseDuration(params.wal_timeout),
      signal: ctx.signal,
      onWarning: (message) => ctx.warn(message),
      onProgress: ({ phase, done, total }) => ctx.progress({ phase, done, total: total ?? undefined, unit: 'bytes' }),
    })
    if (swept.length > 0) ctx.warn(`removed what an interrupted backup had left: ${swept.join(', ')}`)
    return { seconds: (Date.parse(record.stop_time) - Date.parse(record.start_time)) / 1000 }
  },

  result({ repository, decision }) {
    const { latest } = decision
    if (latest === undefined) return {}
    const { id, type, parent, label, size, stored_size, start_lsn, stop_lsn, first_segment, method } = latest
    const path = `${repository.layout.place}/backup/${id}`
    const age = Math.round(decision.age ?? 0)
    return { id, type, parent, path, label, age, size, stored_size, start_lsn, stop_lsn, first_segment, method }
  },
})

const maxRateOf = ({ max_rate }: { readonly max_rate?: string | undefined }): number | undefined =>
  max_rate === undefined ? undefined : parseSize(max_rate)

const IO_CLASS = { idle: ['ionice', '-c', '3'], 'best-effort': ['ionice', '-c', '2', '-n', '7'] } as const

const priorityOf = (params: {
  readonly nice?: number | undefined
  readonly ionice?: keyof typeof IO_CLASS | undefined
}): readonly string[] => [
  ...(params.nice === undefined ? [] : ['nice', '-n', String(params.nice)]),
  ...(params.ionice === undefined ? [] : IO_CLASS[params.ionice]),
]
