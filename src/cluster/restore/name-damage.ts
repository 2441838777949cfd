import { LifeboatError } from '../../base/errors.ts'
import type { RestorePlan } from './restore-plan.ts'
import type { RestoreWorld } from './restore-world.ts'
import { chainOfPlan } from './unpack-chain.ts'
import { verifyStored } from './verify-stored.ts'

/**
 * Where the files of a backup could not be unpacked or were not those of its manifest, they are compared with the
 * digests that were taken when they were whole: the error then names the file that is damaged and not only what came
 * of it.
 *
 * @returns the error itself where no file is to blame
 * @throws archive/unreachable
 */
export const nameDamage = async (
  { owner, signal }: RestoreWorld,
  plan: RestorePlan,
  error: LifeboatError,
): Promise<LifeboatError> => {
  if (error.code !== 'restore/unpack-failed' && error.code !== 'restore/backup-damaged') return error
  for (const backup of chainOfPlan(plan)) {
    const { problems } = await verifyStored(owner, backup, plan.access, plan.cluster.binDirectory, { signal })
    const [problem, ...others] = problems
    if (problem === undefined) continue
    return new LifeboatError('restore/backup-damaged', `the backup ${backup.id} is damaged: ${problem}`, {
      cause: error,
      hints: [
        ...others,
        ...error.hints.filter((hint) => !/^(choose another backup|and \d+ more)$/.test(hint)),
        ANOTHER,
      ],
    })
  }
  return error
}

const ANOTHER = 'choose another backup'
