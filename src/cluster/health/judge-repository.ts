import { formatDuration } from '../../base/duration.ts'
import { formatSize } from '../../base/size.ts'
import type { Catalogue, CatalogueBackup } from '../catalogue/make-catalogue.ts'
import { type Check, checkOf, type Finding, judgeHigh } from './checks.ts'
import type { Thresholds } from './thresholds.ts'

/** The newest whole backup: the one that ended last. */
export const newestBackup = ({ backups }: Catalogue): CatalogueBackup | undefined =>
  [...backups].sort((a, b) => b.age - a.age).at(-1)

/** The backups: one that is whole and young enough, and what is damaged or was never finished. */
export const judgeBackups = (catalogue: Catalogue, thresholds: Thresholds): Check => {
  const newest = newestBackup(catalogue)
  const { damaged, incomplete, locked, backups } = catalogue
  const findings: Finding[] = []
  if (newest === undefined) findings.push({ verdict: 'fail', words: 'there is no whole backup', hint: TAKE_ONE })
  else {
    const words = `the newest backup ended ${formatDuration(newest.age)} ago`
    findings.push({ verdict: judgeHigh(newest.age, thresholds.backupAge), words, hint: TAKE_ONE })
  }
  for (const { id, reason } of damaged) {
    const hint = 'find out what happened to its files; it can never be restored'
    findings.push({ verdict: 'fail', words: `backup ${id} is damaged: ${reason}`, hint })
  }
  for (const { id, parent } of backups) {
    if (parent === null || backups.some((other) => other.id === parent)) continue
    findings.push({ verdict: 'fail', words: `backup ${id} is an increment to ${parent}, which is not there` })
  }
  if (!locked) {
    for (const { name, size } of incomplete) {
      const words = `${name} was never finished, ${formatSize(size)}`
      findings.push({ verdict: 'warn', words, hint: 'the next backup or postgresql_prune removes it' })
    }
  }
  const count = `${backups.length} whole ${backups.length === 1 ? 'backup' : 'backups'}`
  return checkOf('backups', findings, `${count}, the newest ended ${formatDuration(newest?.age ?? 0)} ago`)
}

const TAKE_ONE = 'take one (postgresql_backup, playbook backup.yml)'

/**
 * The chain of WAL from the oldest backup on: a gap behind the newest backup is a failure; one that a newer backup has
 * passed costs only moments that lie behind it, and a warning.
 *
 * @param lost the segment that the server archived last, where it is not there
 */
export const judgeChain = (catalogue: Catalogue, lost?: string): Check => {
  const { gaps, backups } = catalogue
  const findings = gaps.map(({ first_segment, last_segment, segments, next_backup, timelines }): Finding => {
    const names = segments === 1 ? first_segment : `${first_segment} to ${last_segment}, ${segments} segments,`
    const words = `WAL is missing: ${names} on the way to timeline ${timelines.join(' and ')}`
    return next_backup === null
      ? { verdict: 'fail', words, hint: 'take a new backup at once: nothing behind the gap can be restored' }
      : { verdict: 'warn', words: `${words}, passed by ${next_backup}` }
  })
  const known = new Set(gaps.map(({ first_segment }) => first_segment))
  const broken = backups.flatMap(({ id, windows, problems }): Finding[] => [
    ...windows
      .filter(({ ends }) => ends === 'damaged')
      .map(({ problem }) => ({ verdict: 'fail' as const, words: `behind ${id}: ${problem}` })),
    ...problems
      .filter((problem) => ![...known].some((name) => problem.includes(name)))
      .map((problem) => ({ verdict: 'fail' as const, words: `${id} ${problem}` })),
  ])
  const gone: Finding[] =
    lost === undefined
      ? []
      : [{ verdict: 'fail', words: `${lost} was archived and is not in the repository`, hint: 'who removed it?' }]
  const ways = backups.flatMap(({ windows }) => windows)
  const proven = ways.length > 0 && ways.every((window) => window.proven)
  const good =
    backups.length === 0 ? 'no backup, no chain' : `no gap from the oldest backup on${proven ? ', proven' : ''}`
  return checkOf('chain', unique([...findings, ...broken, ...gone]), good)
}

/** Whether everything behind the newest backup of every way is there. */
export const chainIsWhole = (catalogue: Catalogue, lost?: string): boolean =>
  catalogue.backups.length > 0 && judgeChain(catalogue, lost).verdict !== 'fail'

/** The timelines: several futures are a fork about which somebody must decide (trap R16). */
export const judgeTimelines = ({ timelines }: Catalogue, current: number | undefined): Check => {
  const futures = timelines.filter((timeline) => timeline.future).map(({ timeline }) => timeline)
  const roots = timelines.filter(({ parent }) => parent === null)
  const findings: Finding[] = []
  for (const { timeline } of roots.slice(1)) {
    const words = `the history file of timeline ${timeline} is lost`
    findings.push({ verdict: 'fail', words, hint: 'put it back; it is in pg_wal of the cluster that wrote it' })
  }
  if (roots.length === 1 && futures.length > 1) {
    findings.push({
      verdict: 'warn',
      words: `timelines ${futures.join(' and ')} lead to different ends`,
      hint: 'a restore has to name one; postgresql_prune with timeline gives the others up',
    })
  }
  if (current !== undefined && timelines.length > 0 && Math.max(...timelines.map((each) => each.timeline)) > current) {
    const words = `the server is on timeline ${current}, and the archive holds a later one`
    findings.push({ verdict: 'warn', words, hint: 'did a copy of the cluster archive into this repository?' })
  }
  const good = futures.length === 0 ? 'no WAL yet' : `one future, on timeline ${futures.join(' and ')}`
  return checkOf('timelines', findings, good)
}

const unique = (findings: readonly Finding[]): Finding[] => [
  ...new Map(findings.map((finding) => [finding.words, finding])).values(),
]
