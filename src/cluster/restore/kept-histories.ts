import { historyFileName } from '../../postgres/archive-file.ts'
import type { RestorePlan } from './restore-plan.ts'
import { writeFileScript } from './write-file.ts'

/**
 * sh that puts history files into `pg_wal` which only the records of backups hold still, for the archive has lost them.
 * Without them the server would not find the timeline to follow, or would give its number to the new one, and the WAL of
 * both would go under the same names (trap R17).
 */
export const keptHistories = ({ repository, host }: RestorePlan): string => {
  const kept = new Map(
    repository.backups.flatMap(({ timeline, timeline_history: text }) =>
      text === null || repository.histories.has(timeline) ? [] : [[historyFileName(timeline), text] as const],
    ),
  )
  return [...kept]
    .map(([name, text]) => `${writeFileScript(`${host.dataDirectory}/pg_wal/${name}`, text)} || exit 1`)
    .join('\n')
}
