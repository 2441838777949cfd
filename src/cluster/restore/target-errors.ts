import { LifeboatError } from '../../base/errors.ts'
import { didYouMean } from '../../base/nearest.ts'
import { historyFileName } from '../../postgres/archive-file.ts'
import { formatLsn } from '../../postgres/lsn.ts'
import { formatUtc } from '../../postgres/moment.ts'
import { describeTarget, type RecoveryTarget } from '../../postgres/recovery-target.ts'
import type { ChainProof } from '../chain/prove-chain.ts'
import type { BackupRecord } from '../repository/backup-record.ts'
import { backupEndTime, describeBackup } from './backup-span.ts'

/**
 * The archive holds WAL of a timeline and not its history file. Recovery would take the timelines before it for all there
 * is, and end at the last record of one that was left.
 */
export const historyLost = (timelines: readonly number[], walFolder: string, own: boolean): LifeboatError => {
  const [first = 0] = timelines
  const files = timelines.map(historyFileName).join(' and ')
  return new LifeboatError(
    'restore/history-lost',
    `the archive holds WAL of timeline ${timelines.join(' and ')}, and ${files} is lost`,
    {
      hints: [
        'where it was forked is not known, so neither is what belongs to the state that is asked for',
        `put it back into ${walFolder}: it is in pg_wal of the cluster that wrote it`,
        own
          ? `or move the folder of timeline ${first} away, if nothing of it is wanted any more`
          : 'or name another timeline with target_timeline, if nothing of it is wanted',
      ],
      data: { timelines: [...timelines] },
    },
  )
}

/** The target lies before the end of every backup that could be used (trap R6). */
export const targetBeforeBackup = (target: RecoveryTarget, backups: readonly BackupRecord[]): LifeboatError => {
  const oldest = [...backups].sort((a, b) => Number(backupEndTime(a) - backupEndTime(b)))[0]
  return new LifeboatError(
    'restore/target-before-backup',
    `${describeTarget(target)} is before the end of ${backups.length === 1 ? 'the backup' : 'every backup'}`,
    {
      hints: [
        'PostgreSQL would stop at a later state than was asked for, without saying so',
        ...(oldest
          ? [
              `the oldest usable backup is ${describeBackup(oldest)}: a target must not be before that, ${formatUtc(backupEndTime(oldest))}`,
            ]
          : []),
      ],
    },
  )
}

/** The target lies behind everything that is archived (trap R7: for a time even where all data is there). */
export const targetAfterEnd = (target: RecoveryTarget, proof: ChainProof): LifeboatError => {
  const commit = proof.latestCommit
  const end = endOf(proof)
  if (target.kind !== 'time') {
    return new LifeboatError('restore/target-after-end', `${describeTarget(target)} is not archived yet: ${end}`, {
      hints: ['target: latest restores all that is there', 'on the source, a WAL switch archives what is newer'],
    })
  }
  const last =
    commit?.at === undefined
      ? 'there is no transaction since the backup at all'
      : `the last one was committed at ${formatUtc(commit.at)}`
  return new LifeboatError('restore/target-after-end', `no transaction ended after ${formatUtc(target.at)}: ${last}`, {
    hints: [
      'PostgreSQL would fail at the end of the WAL, for it stops only at the first transaction behind the target',
      'target: latest restores all that is there',
      end,
    ],
    data: commit?.at === undefined ? {} : { last_commit: formatUtc(commit.at) },
  })
}

const endOf = (proof: ChainProof): string =>
  `the archive ends with the record at ${formatLsn(proof.last ?? proof.readTo)}`

/** No restore point of that name, or no such transaction, between the oldest backup and the end of the archive. */
export const targetNotFound = (
  target: RecoveryTarget,
  proofs: readonly ChainProof[],
  oldest: BackupRecord | undefined,
): LifeboatError => {
  const names = [...new Set(proofs.flatMap((proof) => proof.restorePoints.map((point) => point.name)))]
  const hints =
    target.kind === 'name'
      ? [
          ...didYouMean(target.name, names),
          names.length > 0
            ? `restore points there are: ${names.slice(-10).join(', ')}`
            : 'there is no restore point at all',
        ]
      : ['a transaction that wrote nothing leaves no trace in WAL']
  const since = oldest ? ` since ${describeBackup(oldest)}` : ''
  return new LifeboatError(
    'restore/target-not-found',
    target.kind === 'name'
      ? `there is no restore point "${target.name}" in the archive${since}`
      : `transaction ${target.kind === 'xid' ? target.xid : ''} did not end in the archive${since}`,
    { hints: [...hints, ...proofs.slice(0, 1).map(endOf)] },
  )
}

/** Where no client could have looked at it, a server cannot pause at its target: it has begun a timeline of its own. */
export const promotedItself = (backup: string): LifeboatError =>
  new LifeboatError('restore/target-missed', 'the server has promoted at the end of the archive, and is no standby', {
    hints: [
      `it was not open for reading there, so soon after the backup ${backup}`,
      'run it again when more WAL is archived (postgresql_switch_wal on the primary), with again: true and replace: true',
    ],
  })
