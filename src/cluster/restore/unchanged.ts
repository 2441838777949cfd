import { LifeboatError } from '../../base/errors.ts'
import { type HostState, inspectHost } from './host-state.ts'
import type { RestorePlan } from './restore-plan.ts'
import type { RestoreWorld } from './restore-world.ts'

/**
 * Makes sure, under the lock, that the place is still as it was when the plan was made: another controller may have
 * restored there meanwhile.
 *
 * @throws restore/changed-meanwhile
 */
export const checkUnchanged = async (world: RestoreWorld, { host, cluster }: RestorePlan): Promise<void> => {
  const { dataDirectory } = host
  const now = await inspectHost(world.owner, { dataDirectory, binDirectory: cluster.binDirectory, folders: [] })
  if (traces(now) === traces(host)) return
  throw new LifeboatError('restore/changed-meanwhile', `${dataDirectory} has been restored or changed by another run`, {
    hints: ['run it again: it looks at the place anew'],
  })
}

const traces = ({ exists, empty, journal, record, control, undo, undone }: HostState): string =>
  JSON.stringify([
    exists,
    empty,
    journal?.run_id,
    journal?.stage,
    record?.run_id,
    undo?.run_id,
    undone?.run_id,
    control?.systemIdentifier,
    control?.timeline,
  ])
