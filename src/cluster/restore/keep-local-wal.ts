import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { incompleteWal } from './exchange.ts'
import { unarchivedWal } from './make-plan.ts'
import type { RestorePlan } from './restore-plan.ts'
import { runStep } from './write-file.ts'

/**
 * Copies the WAL that recovery needs and only the old cluster has into the new one, before the old server is stopped:
 * its last checkpoint recycles what it holds for archived, also where the archive has lost it since (trap R19).
 *
 * @throws restore/step-failed
 */
export const keepLocalWal = async (session: Session, plan: RestorePlan): Promise<void> => {
  const names = unarchivedWal(plan)
  if (names.length === 0) return
  const target = plan.walDirectory === undefined ? `${plan.incomplete}/pg_wal` : incompleteWal(plan)
  const from = `${plan.host.old.path}/pg_wal`
  await runStep(
    session,
    'keeping the WAL that only the old cluster has',
    `set -e\n${names.map((name) => sh`[ ! -f ${`${from}/${name}`} ] || cp -p ${`${from}/${name}`} ${`${target}/${name}`}`.text).join('\n')}`,
  )
}
