import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import type { Repository } from '../repository/read.ts'
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
  const target = newWal(plan)
  const from = `${plan.host.old.path}/pg_wal`
  await runStep(
    session,
    'keeping the WAL that only the old cluster has',
    `set -e\n${names.map((name) => sh`[ ! -f ${`${from}/${name}`} ] || cp -p ${`${from}/${name}`} ${`${target}/${name}`}`.text).join('\n')}`,
  )
}

/**
 * Removes what was kept and was archived when the old server ended: the copy is of a moment when it was still being
 * written, and the new cluster would send it to the archive again, which refuses other bytes under the same name.
 *
 * @param plan of the moment when it was kept
 * @param repository as it is now
 * @throws restore/step-failed
 */
export const dropArchivedWal = async (session: Session, plan: RestorePlan, repository: Repository): Promise<void> => {
  const archived = new Set(repository.wal.map(({ name }) => name))
  const names = unarchivedWal(plan).filter((name) => archived.has(name))
  if (names.length === 0) return
  const files = names.map((name) => `${newWal(plan)}/${name}`)
  await runStep(session, 'removing WAL that has come to the archive', sh`rm -f ${files}`.text)
}

const newWal = (plan: RestorePlan): string =>
  plan.walDirectory === undefined ? `${plan.incomplete}/pg_wal` : incompleteWal(plan)
