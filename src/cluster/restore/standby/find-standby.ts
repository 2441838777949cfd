import { LifeboatError } from '../../../base/errors.ts'
import type { Session } from '../../../host/connection.ts'
import { includesConninfo } from '../../../postgres/conninfo.ts'
import type { Cluster } from '../../locate.ts'
import type { HostState } from '../host-state.ts'
import type { RestoreRecord } from '../restore-record.ts'
import { lookAtStandby, type StandbyLook } from './look.ts'
import { isStreaming } from './standby-changes.ts'
import type { StandbyWish } from './standby-wish.ts'

/** A standby that stands where one is wanted. */
export interface FoundStandby {
  readonly look: StandbyLook
  /** Whether its replay was seen to advance. */
  readonly replaying: boolean
}

const LOOKS = 4
const BETWEEN_MILLISECONDS = 700

/**
 * Finds the standby that is wanted where it stands already: one that Lifeboat made here, in whatever state, or any other
 * one of the same system that streams from the same primary.
 *
 * @param record of the restore that made it; undefined for one that was made in another way
 * @param systemIdentifier gives that of the repository
 * @returns undefined where there is none
 * @throws restore/standby-promoted where what was a standby is a cluster of its own now
 */
export const findStandby = async (
  session: Session,
  cluster: Cluster,
  host: HostState,
  wish: StandbyWish,
  record: RestoreRecord | undefined,
  systemIdentifier: () => Promise<string>,
): Promise<FoundStandby | undefined> => {
  const ours = record?.state === 'standby'
  if (!ours && (record !== undefined || host.servers.length === 0)) return undefined
  const look = await lookAtStandby(session, cluster, wish.primary?.get('password'))
  if (ours) {
    refusePromoted(host, look, record)
    return { look, replaying: await advances(session, cluster, look, wish) }
  }
  const same =
    look.inRecovery &&
    look.signal &&
    look.slot === (wish.slot ?? '') &&
    (wish.primary ? includesConninfo(look.conninfo, wish.primary) : look.conninfo.size === 0)
  if (!same || look.systemIdentifier !== (await systemIdentifier())) return undefined
  const replaying = await advances(session, cluster, look, wish)
  const stands = wish.primary === undefined || isStreaming(look, wish) || replaying
  // Its own way of saying the same connection is as good as ours.
  return stands
    ? { look: { ...look, conninfo: wish.primary ?? look.conninfo, passwordFits: true }, replaying }
    : undefined
}

const refusePromoted = (host: HostState, look: StandbyLook, record: RestoreRecord): void => {
  const { dataDirectory, control } = host
  const stopped = host.servers.length === 0
  const recovers = control?.state === 'in archive recovery' || control?.state === 'shut down in recovery'
  if (stopped ? recovers : look.server !== 'running' || look.inRecovery) return
  throw new LifeboatError(
    'restore/standby-promoted',
    `the standby in ${dataDirectory}, made by ${record.run_id}, was promoted since: it is a cluster of its own`,
    {
      hints: [
        'it may be the primary now: look which one is before anything is replaced',
        'again: true with replace: true makes a standby of it once more; what was written in it is set aside',
      ],
    },
  )
}

/** Whether replay comes forward within some looks, so that one that does not stream yet is on its way there. */
const advances = async (
  session: Session,
  cluster: Cluster,
  first: StandbyLook,
  wish: StandbyWish,
): Promise<boolean> => {
  if (wish.primary === undefined || first.server !== 'running' || isStreaming(first, wish)) return false
  for (let looks = 1; looks < LOOKS; looks++) {
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MILLISECONDS))
    const { replayed } = await lookAtStandby(session, cluster, undefined)
    if (replayed !== undefined && (first.replayed === undefined || replayed > first.replayed)) return true
  }
  return false
}
