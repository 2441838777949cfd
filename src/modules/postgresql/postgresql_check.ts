import { z } from 'zod'
import { parseDuration } from '../../base/duration.ts'
import { LifeboatError } from '../../base/errors.ts'
import { parseSize } from '../../base/size.ts'
import { archivesInto } from '../../cluster/archive/command.ts'
import { lookAround } from '../../cluster/catalogue/look.ts'
import { groundOf, makeCatalogue } from '../../cluster/catalogue/make-catalogue.ts'
import { proveReaches } from '../../cluster/catalogue/prove-reach.ts'
import { type Check, checkOf, type Limits } from '../../cluster/health/checks.ts'
import { makeReport, type RepositoryGround } from '../../cluster/health/make-report.ts'
import { prometheusText } from '../../cluster/health/prometheus.ts'
import { readServer, type ServerHealth } from '../../cluster/health/read-server.ts'
import type { Thresholds } from '../../cluster/health/thresholds.ts'
import type { Cluster } from '../../cluster/locate.ts'
import { openAccess } from '../../cluster/repository/access.ts'
import { readFolder } from '../../cluster/repository/folder.ts'
import { checkIdentity } from '../../cluster/repository/identity.ts'
import type { RepositoryLayout } from '../../cluster/repository/layout.ts'
import { type Repository, readRepository, requireIdentity } from '../../cluster/repository/read.ts'
import type { Session } from '../../host/connection.ts'
import { defineReader, type ModuleContext } from '../contract.ts'
import { bool, integer } from '../shared/params.ts'
import { duration, size } from '../shared/understood.ts'
import { openCluster } from './shared/open-cluster.ts'
import { layoutFor, repositoryParams } from './shared/repository-params.ts'

const params = z.strictObject({
  ...repositoryParams,
  prove: bool
    .default(false)
    .describe('Whether all WAL behind the backups is read with pg_waldump; else the names of the segments count.'),
  fail_on: z
    .enum(['fail', 'warn', 'never'])
    .default('fail')
    .describe('From which verdict on the task fails, and with it the command with status 2.'),
  backup_max_age: duration.default('26h').describe('The newest whole backup must be younger, else it is a failure.'),
  backup_warn_age: duration.optional().describe('An older newest backup is a warning.'),
  ready_max_age: duration.default('15m').describe('A file that waits longer to be archived is a failure.'),
  ready_warn_age: duration.default('5m').describe('One that waits longer is a warning.'),
  ready_max_count: integer.optional().describe('More files that wait to be archived are a failure.'),
  ready_warn_count: integer.default(32).describe('More of them are a warning.'),
  rpo_max: duration.default('15m').describe('If a disaster can cost the data of a longer time, it is a failure.'),
  rpo_warn: duration.default('5m').describe('If it can cost that of a longer time, a warning.'),
  free_min: size.default('256MB').describe('Less free space for pg_wal or the repository is a failure.'),
  free_warn: size.default('1GB').describe('Less is a warning.'),
  wal_full_min: duration
    .default('1h')
    .describe('If pg_wal would be full sooner when archiving stops, it is a failure.'),
  wal_full_warn: duration.default('6h').describe('If it would be full sooner, a warning.'),
  repository_full_min: duration.default('12h').describe('If the repository will be full sooner, it is a failure.'),
  repository_full_warn: duration.default('3d').describe('If it will be full sooner, a warning.'),
})

type Params = z.output<typeof params>

const thresholdsOf = (given: Params): Thresholds => {
  const times = (warn: string | undefined, fail: string | undefined): Limits => ({
    warn: warn === undefined ? undefined : parseDuration(warn),
    fail: fail === undefined ? undefined : parseDuration(fail),
  })
  const free = { warn: parseSize(given.free_warn), fail: parseSize(given.free_min) }
  return {
    backupAge: times(given.backup_warn_age, given.backup_max_age),
    readyAge: times(given.ready_warn_age, given.ready_max_age),
    readyCount: { warn: given.ready_warn_count, fail: given.ready_max_count },
    rpo: times(given.rpo_warn, given.rpo_max),
    walSpace: { free, timeToFull: times(given.wal_full_warn, given.wal_full_min) },
    repositorySpace: { free, timeToFull: times(given.repository_full_warn, given.repository_full_min) },
  }
}

/** Checks that a cluster is archived and backed up as it should be. */
export default defineReader({
  kind: 'read',
  summary: 'Checks the archive and the backups of a cluster, for monitoring.',
  description: `Looks at everything that a restore will depend on and gives a verdict for each, \`pass\`, \`warn\` or \`fail\`:

- \`server\`: it runs. \`settings\`: it archives into this repository, and nothing in its settings is dangerous.
- \`archiver\`: what waits to be archived and for how long, and whether it fails now.
- \`rpo\`: the longest time whose data a disaster can cost, \`archive_timeout\` or what waits, whichever is longer.
- \`repository\`: it is there and belongs to this cluster. \`place\`: not on the disk of the data, not open to others.
- \`chain\`: no segment is missing from the oldest backup to the newest segment, along every timeline.
- \`backups\`: one that is whole and young enough; none damaged. \`timelines\`: no fork without a decision.
- \`pg_wal\` and \`space\`: free space, and the time until it is used up at the rate at which WAL comes.

It changes nothing, and goes on where something is wrong, so that one look tells all. \`prometheus\` is a file for the
textfile collector; the playbook check.yml writes it.`,
  examples: [
    {
      title: 'Fail where a backup is older than a day',
      yaml: `- postgresql_check:
    backup_max_age: 24h`,
    },
    {
      title: 'Hand the figures to Prometheus, whatever they say',
      yaml: `- postgresql_check:
    fail_on: never
  register: health
- copy:
    content: "{{ health.prometheus }}"
    dest: /var/lib/prometheus/node-exporter/lifeboat.prom
    mode: "0644"`,
    },
  ],
  params,
  returns: {
    verdict: 'The worst of all verdicts.',
    checks: 'A list: `name`, `verdict`, `message`, `hints`.',
    facts:
      'The figures, null where they cannot be known: `archive_ready_files`, `archive_oldest_ready_seconds`, `archive_last_wal`, `archive_last_seconds`, `archive_failing`, `archive_chain_ok`, `archive_chain_gaps`, `rpo_bound_seconds`, `backup_id`, `backup_age_seconds`, `backups`, `backups_damaged`, `wal_rate`, `pg_wal_free`, `pg_wal_full_seconds`, `repository_free`, `repository_full_seconds` and others. They are the fact `postgresql_check` too.',
    prometheus: 'The figures and verdicts in the text format of Prometheus.',
    msg: 'What is wrong, or that all is well.',
  },

  async read(ctx, given) {
    const layout = layoutFor(ctx, given)
    const thresholds = thresholdsOf(given)
    const { cluster, session } = await openCluster(ctx, given.cluster)
    const checks: Check[] = []
    const server = cluster.running
      ? await attempt('server', checks, `${cluster.name} runs`, () => readServer(session, cluster))
      : notRunning(cluster, checks)
    const repository = await attempt('repository', checks, `${layout.place} belongs to this cluster`, () =>
      readGround(ctx, session, cluster, layout, server, given.prove),
    )
    const { dataDirectory } = cluster
    const report = makeReport({ layout, dataDirectory, server, repository, checks }, thresholds)
    const labels = { host: ctx.host, cluster: cluster.name }
    const failed = report.verdict === 'fail' ? given.fail_on !== 'never' : report.verdict === given.fail_on
    return {
      ...report,
      prometheus: prometheusText(report, labels, repository?.now ?? Math.floor(Date.now() / 1000)),
      ansible_facts: { postgresql_check: { verdict: report.verdict, ...report.facts } },
      msg: words(report.checks),
      ...(failed ? { failed } : {}),
    }
  },
})

/** What goes wrong here is what the check is for; only a lost connection or a bug of ours is an error. */
const attempt = async <T>(
  name: string,
  checks: Check[],
  good: string,
  look: () => Promise<T>,
): Promise<T | undefined> => {
  try {
    const found = await look()
    checks.push(checkOf(name, [], good))
    return found
  } catch (error) {
    if (!(error instanceof LifeboatError) || /^(host|lifeboat)\//.test(error.code)) throw error
    checks.push({ name, verdict: 'fail', message: error.message, hints: error.hints })
    return undefined
  }
}

const notRunning = (cluster: Cluster, checks: Check[]): undefined => {
  const hint = `start it; its data directory is ${cluster.dataDirectory}`
  checks.push(checkOf('server', [{ verdict: 'fail', words: `${cluster.name} is not running`, hint }], ''))
}

const readGround = async (
  ctx: ModuleContext,
  session: Session,
  cluster: Cluster,
  layout: RepositoryLayout,
  server: ServerHealth | undefined,
  prove: boolean,
): Promise<RepositoryGround> => {
  const repository = await readRepository(session, layout)
  const identity = requireIdentity(repository)
  if (server) checkIdentity(layout, identity, { ...server, major_version: cluster.majorVersion })
  const look = await lookAround(session, layout)
  const ground = groundOf(repository, look)
  const proofs = prove
    ? await proveReaches(session, repository.backups, ground, {
        access: await openAccess(session, layout),
        binDirectory: cluster.binDirectory,
        systemIdentifier: identity.system_identifier,
        signal: ctx.signal,
        onProgress: (done, total) => ctx.progress({ phase: 'prove WAL', done, total, unit: 'segments' }),
      })
    : undefined
  const segments = repository.wal
    .filter(({ file }) => file.kind === 'segment')
    .flatMap(({ path, size }) => {
      const written = look.written.get(path)
      return written === undefined ? [] : [{ written, size }]
    })
  return {
    catalogue: makeCatalogue(ground, proofs),
    folder: await readFolder(session, await openAccess(session, layout), cluster.dataDirectory),
    segments,
    lost: lostSegment(repository, server),
    now: repository.now.getTime() / 1000,
  }
}

/** The segment that the server archived last, where it is not in the repository: no gap between others tells that. */
const lostSegment = ({ wal, layout }: Repository, server: ServerHealth | undefined): string | undefined => {
  const last = server?.last_archived_wal
  if (!last || !server.archive_command || !archivesInto(server.archive_command, layout.place)) return undefined
  return wal.some(({ name }) => name === last) ? undefined : last
}

const words = (checks: readonly Check[]): string => {
  const wrong = checks.filter(({ verdict }) => verdict !== 'pass')
  if (wrong.length === 0) return `all ${checks.length} checks pass`
  const order = [...wrong].sort((a, b) => (a.verdict === b.verdict ? 0 : a.verdict === 'fail' ? -1 : 1))
  return order.map(({ name, verdict, message }) => `${verdict} ${name}: ${message}`).join('\n')
}
