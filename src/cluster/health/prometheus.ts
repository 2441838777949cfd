import type { Verdict } from './checks.ts'
import type { HealthFacts, HealthReport } from './make-report.ts'

interface Metric {
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly help: string
}

const gauge = (name: string, help: string): Metric => ({ name, type: 'gauge', help })

/** The figures as metrics; one that is not known is left out, so that an alert on its absence can tell. */
const METRICS: Readonly<Partial<Record<keyof HealthFacts, Metric>>> = {
  archive_ready_files: gauge('pg_archive_ready_files', 'Files that wait to be archived.'),
  archive_oldest_ready_seconds: gauge('pg_archive_oldest_ready_seconds', 'How long the oldest of them has waited.'),
  archive_last_seconds: gauge('pg_archive_last_seconds', 'Time since a file was archived last.'),
  archive_failing: gauge('pg_archive_failing', 'Whether the last attempt of the archiver failed.'),
  archive_failed_count: {
    name: 'pg_archive_failures_total',
    type: 'counter',
    help: 'Failed attempts of the archiver; those that a signal ended are not counted.',
  },
  archive_chain_ok: gauge('pg_archive_chain_ok', 'Whether no WAL is missing behind the newest backup.'),
  archive_chain_gaps: gauge('pg_archive_chain_gaps', 'Gaps in the WAL from the oldest backup on.'),
  archive_size: gauge('pg_archive_bytes', 'Size of the WAL in the repository.'),
  rpo_bound_seconds: gauge('pg_archive_rpo_bound_seconds', 'The longest time whose data a disaster can cost.'),
  backup_age_seconds: gauge('pg_backup_age_seconds', 'Time since the newest whole backup ended.'),
  backup_size: gauge('pg_backup_bytes', 'Size of the newest whole backup in the repository.'),
  backups: gauge('pg_backup_whole', 'Whole backups in the repository.'),
  backups_damaged: gauge('pg_backup_damaged', 'Damaged backups in the repository.'),
  backups_incomplete: gauge('pg_backup_incomplete', 'Backups that were never finished.'),
  wal_rate: gauge('pg_wal_rate_bytes', 'WAL that comes in a second.'),
  pg_wal_size: gauge('pg_wal_bytes', 'Size of pg_wal.'),
  pg_wal_free: gauge('pg_wal_free_bytes', 'Free space of the file system of pg_wal.'),
  pg_wal_full_seconds: gauge('pg_wal_full_seconds', 'Time until it is full if nothing were archived any more.'),
  repository_free: gauge('pg_repository_free_bytes', 'Free space of the file system of the repository.'),
  repository_full_seconds: gauge('pg_repository_full_seconds', 'Time until it is full if nothing were removed.'),
}

const VALUES: Readonly<Record<Verdict, number>> = { pass: 0, warn: 1, fail: 2 }

/**
 * A report in the text format of Prometheus, for the textfile collector of node_exporter.
 *
 * @param now seconds since 1970 UTC, so that an old file can be told from a good one
 */
export const prometheusText = (
  { facts, checks, verdict }: HealthReport,
  labels: { readonly host: string; readonly cluster: string },
  now: number,
): string => {
  const own = `host="${escaped(labels.host)}",cluster="${escaped(labels.cluster)}"`
  const lines: string[] = []
  const declare = ({ name, type, help }: Metric): void =>
    void lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
  for (const [fact, metric] of Object.entries(METRICS)) {
    const value = facts[fact as keyof HealthFacts]
    if (value === null || typeof value === 'string') continue
    declare(metric)
    lines.push(`${metric.name}{${own}} ${Number(value)}`)
  }
  const check = gauge('pg_check_verdict', 'Verdict of a check: 0 pass, 1 warn, 2 fail; "all" is the worst.')
  declare(check)
  for (const each of [...checks, { name: 'all', verdict }]) {
    lines.push(`${check.name}{${own},check="${escaped(each.name)}"} ${VALUES[each.verdict]}`)
  }
  const time = gauge('pg_check_timestamp_seconds', 'When it was checked.')
  declare(time)
  lines.push(`${time.name}{${own}} ${now}`)
  return `${lines.join('\n')}\n`
}

const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
