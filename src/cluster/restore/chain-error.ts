import { LifeboatError } from '../../base/errors.ts'
import { formatLsn } from '../../postgres/lsn.ts'
import { formatUtc } from '../../postgres/moment.ts'
import type { ChainProblem } from '../chain/problem.ts'
import type { ChainProof } from '../chain/prove-chain.ts'
import type { BackupRecord } from '../repository/backup-record.ts'
import { backupEnd } from './backup-span.ts'

const CODES = {
  missing: 'restore/wal-missing',
  truncated: 'restore/wal-truncated',
  foreign: 'restore/wal-foreign',
  unreadable: 'restore/wal-unreadable',
  corrupt: 'restore/wal-corrupt',
} as const

/**
 * The refusal to restore over a chain of WAL that breaks: PostgreSQL would end recovery there in silence (traps R1,
 * R3). Names the segment and says how far a restore can go.
 */
export const chainError = (problem: ChainProblem, proof: ChainProof, backup: BackupRecord): LifeboatError =>
  new LifeboatError(CODES[problem.kind], describeProblem(problem), {
    hints: bestReachable(proof, backup),
    data: {
      segment: problem.segment,
      lsn: formatLsn(problem.lsn),
      last_record: proof.last === undefined ? null : formatLsn(proof.last),
    },
  })

/** A break of the chain in one sentence. */
export const describeProblem = (problem: ChainProblem): string => {
  const place = `WAL segment ${problem.segment}`
  switch (problem.kind) {
    case 'missing':
      return `${place} is missing: ${problem.message}`
    case 'truncated':
      return `${place} is not whole: ${problem.message}`
    case 'foreign':
      return `${place} belongs to another cluster: ${problem.message}`
    case 'unreadable':
      return `${place} ${problem.message}`
    case 'corrupt':
      return `${place} is damaged at ${formatLsn(problem.lsn)}: ${problem.message}`
  }
}

/** What can still be reached before a break, as targets that a user can write. */
export const bestReachable = (proof: ChainProof, backup: BackupRecord): string[] => {
  if (proof.last === undefined || proof.last < backupEnd(backup)) {
    const consistent = proof.readTo >= backupEnd(backup)
    return consistent
      ? [`the backup ${backup.id} itself can be restored: target: immediate`]
      : [`the backup ${backup.id} cannot become consistent without it: choose another one`]
  }
  const commit = proof.latestCommit
  return [
    `everything before it can be restored: target_lsn: ${formatLsn(proof.last)}`,
    ...(commit?.at === undefined ? [] : [`the latest transaction before it was committed at ${formatUtc(commit.at)}`]),
  ]
}
