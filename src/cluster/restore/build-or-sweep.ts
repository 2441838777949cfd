import { LifeboatError } from '../../base/errors.ts'
import { inspectHost } from './host-state.ts'
import { nameDamage } from './name-damage.ts'
import type { RestorePlan } from './restore-plan.ts'
import type { RestoreWorld } from './restore-world.ts'
import { sweepRemains } from './sweep.ts'

const FAULTS = ['restore/unpack-failed', 'restore/backup-damaged', 'restore/no-space']

/**
 * Waits until the new data directory is built. Where the backup is damaged or the disk is full, what was built is removed
 * at once and not by the next run: the old cluster runs on beside it and needs the space for its WAL.
 *
 * @throws restore/backup-damaged with the name of the file, and what the building throws
 */
export const buildOrSweep = async <T>(world: RestoreWorld, plan: RestorePlan, building: Promise<T>): Promise<T> => {
  try {
    return await building
  } catch (error) {
    if (!(error instanceof LifeboatError) || !FAULTS.includes(error.code)) throw error
    const { dataDirectory } = plan.host
    const { binDirectory } = plan.cluster
    const host = await inspectHost(world.owner, { dataDirectory, binDirectory, folders: [] })
    // Where only the WAL of the old cluster is left, the journal says where that is.
    if (host.journal?.stage === 'building' && !host.journal.wal_only) {
      await sweepRemains(world.owner, plan.cluster, host)
    }
    throw await nameDamage(world, plan, error)
  }
}
