import { formatDuration } from '../../base/duration.ts'
import { archivesInto } from '../archive/command.ts'
import { type Check, checkOf, type Finding, judgeHigh } from './checks.ts'
import type { ServerHealth } from './read-server.ts'
import type { Thresholds } from './thresholds.ts'

const SET_UP = 'set archiving up (postgresql_archive, playbook archive.yml)'

/**
 * The settings of archiving: whether WAL goes into this repository at all, and what in them is dangerous (traps A7, A8,
 * A11, A15, A16, R31, R32).
 *
 * @param folder of the cluster in the repository
 */
export const judgeSettings = (server: ServerHealth, folder: string): Check =>
  checkOf('settings', [...archivingFindings(server, folder), ...dangerousFindings(server)], 'archiving is set up')

const archivingFindings = (server: ServerHealth, folder: string): Finding[] => {
  const { archive_mode, archive_command, archive_library, archive_timeout, wal_level, pending } = server
  const findings: Finding[] = []
  const fail = (words: string, hint: string = SET_UP): void => void findings.push({ verdict: 'fail', words, hint })
  const warn = (words: string, hint: string): void => void findings.push({ verdict: 'warn', words, hint })
  if (wal_level === 'minimal') fail('wal_level is minimal')
  if (archive_mode === 'off') {
    const waits = pending.includes('archive_mode')
    fail(`archive_mode is off${waits ? ' until the server is restarted' : ''}`, waits ? 'restart the server' : SET_UP)
  } else if (archive_mode === 'always') warn('archive_mode is always: standbys archive too', 'set archive_mode = on')
  if (archive_library !== '') {
    fail(`archive_library is ${archive_library}, so archive_command is not called`, 'set archive_library = empty')
  }
  // A server whose archive_mode is off says so in place of the command.
  if (archive_mode === 'off' && archive_command === '(disabled)') return findings
  if (archive_command === '') fail('archive_command is empty: WAL piles up in pg_wal')
  else if (cannotArchive(archive_command)) {
    fail(
      `archive_command is "${archive_command}", which archives nothing`,
      'set archiving up and take a new backup: WAL that was thrown away leaves a gap for ever',
    )
  } else if (!archivesInto(archive_command, folder)) fail(`archive_command does not archive into ${folder}`)
  if (archive_timeout === 0 && archive_mode !== 'off') {
    warn(
      'archive_timeout is 0: without traffic a segment is never archived',
      'set archive_timeout = 60s; what it archives too often compresses to almost nothing',
    )
  }
  if (archive_mode !== 'off' && pending.length > 0)
    warn(`${pending.join(', ')} wait for a restart`, 'restart the server')
  return findings
}

/** Whether a command reports success without keeping anything. */
const cannotArchive = (command: string): boolean =>
  /^\s*(\/(usr\/)?bin\/)?(true|:|cd \.|exit 0|echo\b[^|>]*)\s*;?\s*$/.test(command)

const dangerousFindings = (server: ServerHealth): Finding[] => {
  const { archive_cleanup_command, recovery_end_command, fsync, full_page_writes } = server
  return [
    ...(archive_cleanup_command === ''
      ? []
      : [
          {
            verdict: 'fail' as const,
            words: `archive_cleanup_command is "${archive_cleanup_command}": any recovery would delete from the archive`,
            hint: 'reset archive_cleanup_command; postgresql_prune removes what is not needed',
          },
        ]),
    ...(/\brm\b/.test(recovery_end_command)
      ? [
          {
            verdict: 'warn' as const,
            words: `recovery_end_command deletes: "${recovery_end_command}"`,
            hint: 'reset recovery_end_command',
          },
        ]
      : []),
    ...(fsync
      ? []
      : [{ verdict: 'warn' as const, words: 'fsync is off', hint: 'a power cut will damage the cluster' }]),
    ...(full_page_writes
      ? []
      : [
          { verdict: 'warn' as const, words: 'full_page_writes is off', hint: 'backups of a standby would be damaged' },
        ]),
  ]
}

/** The archiver at work: what waits, for how long, and whether it fails (trap A3: failures are not always counted). */
export const judgeArchiver = (server: ServerHealth, thresholds: Thresholds): Check => {
  const { ready_files, oldest_ready_age, failing, last_failed_wal, last_failed_age, failed_count } = server
  if (server.in_recovery) return checkOf('archiver', [], 'in recovery: its primary archives')
  const waits = `${ready_files} ${ready_files === 1 ? 'file waits' : 'files wait'}`
  const age = oldest_ready_age ?? 0
  const last = server.last_archived_age
  return checkOf(
    'archiver',
    [
      {
        verdict: failing ? 'fail' : 'pass',
        words: `the archiver fails: ${last_failed_wal} was refused ${formatDuration(last_failed_age ?? 0)} ago, ${failed_count} failures in all`,
        hint: "archive_command's own words are in the server's log",
      },
      {
        verdict: judgeHigh(age, thresholds.readyAge),
        words: `${waits}, the oldest for ${formatDuration(age)}`,
        hint: 'is the archiver alive, and the repository reachable and not full?',
      },
      { verdict: judgeHigh(ready_files, thresholds.readyCount), words: `${waits} to be archived` },
    ],
    last === null ? `${waits}; nothing was archived yet` : `${waits}; archived last ${formatDuration(last)} ago`,
  )
}

/**
 * The longest time whose data a disaster could cost: what is not archived yet, or archive_timeout where that is longer
 * (trap A15). Undefined where nothing bounds it.
 */
export const rpoBound = (server: ServerHealth): number | undefined =>
  server.archive_mode === 'off' || server.archive_command === '' || server.archive_timeout === 0
    ? undefined
    : Math.max(server.archive_timeout, server.oldest_ready_age ?? 0)

export const judgeRpo = (server: ServerHealth, thresholds: Thresholds): Check => {
  if (server.in_recovery) return checkOf('rpo', [], 'in recovery: its primary archives')
  const bound = rpoBound(server)
  if (bound === undefined) {
    const words = 'nothing bounds the data that a disaster can cost'
    const verdict = server.archive_mode === 'off' || server.archive_command === '' ? 'fail' : 'warn'
    return checkOf('rpo', [{ verdict, words, hint: 'set archive_timeout, and archive_mode = on' }], '')
  }
  const words = `a disaster can cost the data of ${formatDuration(bound)}`
  const finding = { verdict: judgeHigh(bound, thresholds.rpo), words, hint: 'see the archiver and archive_timeout' }
  return checkOf('rpo', [finding], words)
}
