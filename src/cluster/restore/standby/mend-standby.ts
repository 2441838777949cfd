import type { Change } from '../../../base/change.ts'
import type { Cluster } from '../../locate.ts'
import { finish } from '../finish.ts'
import { Phases } from '../phases.ts'
import type { RestoreRecord } from '../restore-record.ts'
import type { RestoreWorld } from '../restore-world.ts'
import { becomeStandby } from './become-standby.ts'
import type { FoundStandby } from './find-standby.ts'
import { needsSettings } from './standby-changes.ts'
import type { StandbyWish } from './standby-wish.ts'

/**
 * Brings a standby that Lifeboat made to what is wanted of it: started again, with another primary, slot or password, or
 * only waited for until it streams.
 *
 * @throws what `becomeStandby` and `proveStandby` throw
 */
export const mendStandby = async (
  world: RestoreWorld,
  cluster: Cluster,
  record: RestoreRecord,
  { look }: FoundStandby,
  wish: StandbyWish,
  changes: readonly Change[],
): Promise<void> => {
  const live = look.server === 'running' && look.signal
  const mended =
    look.server !== 'silent' && needsSettings(changes)
      ? await becomeStandby(world, cluster, record, wish, live)
      : record
  await finish(world, cluster, mended, { action: 'standby', release: true, standby: wish }, new Phases())
}
