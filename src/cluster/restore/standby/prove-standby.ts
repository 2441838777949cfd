import { LifeboatError } from '../../../base/errors.ts'
import { sh } from '../../../base/quote.ts'
import { formatLsn, type Lsn, parseLsn } from '../../../postgres/lsn.ts'
import type { Cluster } from '../../locate.ts'
import { sql } from '../../sql.ts'
import type { RestoreRecord } from '../restore-record.ts'
import type { RestoreWorld } from '../restore-world.ts'
import { lookAtStandby, type StandbyLook } from './look.ts'
import { askPrimary } from './primary.ts'
import { isStreaming } from './standby-changes.ts'
import type { StandbyWish } from './standby-wish.ts'

const LOOK_MILLISECONDS = 500

/**
 * Waits until a standby has shown that it is one: in recovery, of the same system, its replay behind all that was proven
 * in the archive, and with a primary streaming from it. As long as replay advances there is no limit; without any progress
 * it fails after `wish.patience` seconds. The server is left running: what is wrong may be the primary's.
 *
 * @throws restore/not-streaming, restore/target-missed
 */
export const proveStandby = async (
  world: RestoreWorld,
  cluster: Cluster,
  record: RestoreRecord,
  wish: StandbyWish,
): Promise<void> => {
  let best: Lsn | undefined
  let since = performance.now()
  for (;;) {
    world.signal.throwIfAborted()
    const look = await lookAtStandby(world.owner, cluster, undefined, world.signal)
    checkNature(look, record)
    if (look.replayed !== undefined && (best === undefined || look.replayed > best)) {
      best = look.replayed
      since = performance.now()
    }
    if (hasPassed(look, record) && (wish.primary === undefined || isStreaming(look, wish))) {
      if (await slotIsActive(world, cluster, wish)) return
    }
    if (performance.now() - since > wish.patience * 1000) throw await notStreaming(world, cluster, record, wish, look)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS))
  }
}

const checkNature = (look: StandbyLook, { system_identifier: wanted }: RestoreRecord): void => {
  if (look.server !== 'running') return
  if (look.inRecovery && look.signal && look.systemIdentifier === wanted) return
  throw new LifeboatError(
    'restore/target-missed',
    look.systemIdentifier === wanted
      ? 'the cluster is no standby: its recovery has ended'
      : `the cluster is of system ${look.systemIdentifier}, not ${wanted}`,
  )
}

const hasPassed = ({ replayed }: StandbyLook, { reached }: RestoreRecord): boolean =>
  replayed !== undefined && (reached === null || replayed >= parseLsn(reached.lsn))

/** Where the primary shows its slots to nobody but ordinary connections, that the standby streams through it must do. */
const slotIsActive = async (
  world: RestoreWorld,
  cluster: Cluster,
  { primary, slot }: StandbyWish,
): Promise<boolean> => {
  if (primary === undefined || slot === undefined) return true
  const { slotActive } = await askPrimary(world.owner, cluster, primary, { slot, local: false })
  return slotActive !== false
}

const notStreaming = async (
  world: RestoreWorld,
  cluster: Cluster,
  record: RestoreRecord,
  wish: StandbyWish,
  look: StandbyLook,
): Promise<LifeboatError> => {
  const at = look.replayed === undefined ? 'nothing' : formatLsn(look.replayed)
  const what =
    look.server !== 'running'
      ? `the standby lets nobody in after ${wish.patience} s`
      : hasPassed(look, record)
        ? `the standby does not stream after ${wish.patience} s without progress, it has replayed ${at}`
        : `the standby has replayed ${at} and comes no further, ${record.reached?.lsn} was proven in the archive`
  return new LifeboatError('restore/not-streaming', what, {
    hints: [
      ...(await primarySays(world, cluster, wish)),
      ...(await logSays(world, cluster)),
      'it goes on trying: mend what is wrong and run this again',
      ...(record.set_aside === null
        ? []
        : [
            `the old cluster is whole in ${record.set_aside}; to have it back now: postgresql_restore_undo (playbook undo-restore.yml)`,
          ]),
    ],
    data: { replayed: at, receiver: look.receiver?.status ?? null, set_aside: record.set_aside },
  })
}

const primarySays = async (
  world: RestoreWorld,
  cluster: Cluster,
  { primary, slot }: StandbyWish,
): Promise<string[]> => {
  if (primary === undefined) return []
  try {
    const answer = await askPrimary(world.owner, cluster, primary, { slot, local: false })
    const position = `the primary answers: timeline ${answer.timeline}, ${formatLsn(answer.lsn)}`
    return slot === undefined || answer.slot === 'unknown'
      ? [position]
      : [
          `${position}, slot ${slot} ${answer.slot === 'absent' ? 'is not there' : answer.slotActive ? 'in use' : 'not in use'}`,
        ]
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error
    return [error.message, ...error.hints]
  }
}

/** The last words of the server's log about what went wrong. */
const logSays = async (world: RestoreWorld, cluster: Cluster): Promise<string[]> => {
  const asked = await sql(world.owner, cluster, { timeout: 30 })
    .query<{ log: string | null }>('SELECT pg_current_logfile() AS log')
    .catch(() => undefined)
  const current = asked?.rows[0]?.log
  const logs = [
    ...(current == null ? [] : [current.startsWith('/') ? current : `${cluster.dataDirectory}/${current}`]),
    ...(cluster.logFile === undefined ? [] : [cluster.logFile]),
    `${cluster.dataDirectory}/startup.log`,
  ]
  const { stdout } = await world.owner.run(
    sh`for log in ${logs}; do
  [ -r "$log" ] || continue
  tail -n 200 "$log" | grep -E 'FATAL|ERROR|PANIC|lifeboat get:' | tail -n 3
  break
done`.text,
  )
  return stdout.split('\n').filter((line) => line !== '')
}
