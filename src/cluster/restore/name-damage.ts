import { LifeboatError } from '../../base/errors.ts'
import type { RestorePlan } from './restore-plan.ts'
import type { RestoreWorld } from './restore-world.ts'
import { chainOfPlan } from './unpack-chain.ts'
import { verifyStored } from './verify-stored.ts'

const READING = ['restore/unpack-failed', 'restore/backup-damaged']

/**
 * Waits for what reads the files of a backup. Where it fails they are compared with the digests that were taken when
 * they were whole, so that the error names the file that is damaged and not only what came of it.
 *
 * @throws restore/backup-damaged, and what the work throws
 */
export const nameDamage = async <T>(world: RestoreWorld, plan: RestorePlan, work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof LifeboatError) || !READING.includes(error.code)) throw error
    throw (await findDamage(world, plan, error)) ?? error
  }
}

const findDamage = async (
  { owner, signal }: RestoreWorld,
  plan: RestorePlan,
  error: LifeboatError,
): Promise<LifeboatError | undefined> => {
  const { access, cluster } = plan
  for (const backup of chainOfPlan(plan)) {
    const { problems } = await verifyStored(owner, backup, access, cluster.binDirectory, { signal })
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
  return undefined
}

const ANOTHER = 'choose another backup'
