import { LifeboatError } from '../../../base/errors.ts'
import type { Session } from '../../../host/connection.ts'
import { describeConninfo } from '../../../postgres/conninfo.ts'
import { formatLsn } from '../../../postgres/lsn.ts'
import type { Cluster } from '../../locate.ts'
import type { Identity } from '../../repository/identity.ts'
import type { HostState } from '../host-state.ts'
import type { RestorePlan } from '../restore-plan.ts'
import { askPrimary, type Primary } from './primary.ts'
import type { StandbyWish } from './standby-wish.ts'

/**
 * Asks the primary that is wanted, and refuses one that the restored cluster could not follow, before anything is
 * touched: another cluster, the very cluster that would become its standby, and a slot that would not serve.
 *
 * @returns undefined for a standby that has the archive alone
 * @throws restore/primary-unreachable, restore/foreign-primary, restore/bad-slot
 */
export const requirePrimary = async (
  session: Session,
  cluster: Cluster,
  host: HostState,
  wish: StandbyWish,
  identity: Pick<Identity, 'system_identifier'>,
): Promise<Primary | undefined> => {
  if (wish.primary === undefined) return undefined
  const occupied = host.servers.length > 0
  const primary = await askPrimary(session, cluster, wish.primary, { slot: wish.slot, local: occupied })
  const systemIdentifier = identity.system_identifier
  const where = describeConninfo(wish.primary)
  if (primary.systemIdentifier !== systemIdentifier) {
    throw new LifeboatError(
      'restore/foreign-primary',
      `what answers as the primary (${where}) is another cluster, of system ${primary.systemIdentifier}`,
      { hints: [`the repository is of system ${systemIdentifier}`, 'name the primary whose backups these are'] },
    )
  }
  if (primary.itself) {
    throw new LifeboatError(
      'restore/foreign-primary',
      `the primary (${where}) is the very cluster that would become its standby`,
      { hints: ['limit the play to the hosts of the standbys: --limit'] },
    )
  }
  checkSlot(primary, wish, occupied)
  return primary
}

/** What is behind the archive is not what wrote it: its standby would be ahead of it for ever. */
export const checkPosition = (primary: Primary, { resolution }: RestorePlan): void => {
  const end = resolution.proof.last
  if (primary.timeline !== resolution.timeline || end === undefined || primary.lsn >= end) return
  throw new LifeboatError(
    'restore/foreign-primary',
    `the primary is at ${formatLsn(primary.lsn)} on timeline ${primary.timeline}, behind the archive, which has a record at ${formatLsn(end)}`,
    { hints: ['is it an older copy? A standby that others follow must have caught up first'] },
  )
}

/** One that is in use may be in use by the standby that is replaced here. */
const checkSlot = (
  { slot: found, slotActive }: Primary,
  { slot, createSlot }: StandbyWish,
  occupied: boolean,
): void => {
  if (slot === undefined) return
  if (found === 'logical') {
    throw new LifeboatError('restore/bad-slot', `the slot ${slot} of the primary is a logical one`, {
      hints: ['a standby needs a physical one: choose another name'],
    })
  }
  if (slotActive && !occupied) {
    throw new LifeboatError('restore/bad-slot', `another standby streams through the slot ${slot} of the primary`, {
      hints: ['each standby needs a slot of its own'],
    })
  }
  if (found !== 'absent' || createSlot) return
  throw new LifeboatError('restore/bad-slot', `the primary has no slot ${slot}`, {
    hints: [
      'create_slot: true makes it',
      `or on the primary: SELECT pg_create_physical_replication_slot('${slot}', true)`,
    ],
  })
}
