import { randomBytes } from 'node:crypto'
import { LifeboatError } from '../../../base/errors.ts'
import type { RunResult, Session } from '../../../host/connection.ts'
import { type Conninfo, describeConninfo } from '../../../postgres/conninfo.ts'
import { type Lsn, parseLsn } from '../../../postgres/lsn.ts'
import type { Cluster } from '../../locate.ts'
import { parseFrames } from '../../repository/frames.ts'
import { askScript, createSlotScript, NOT_LET_IN } from './primary-script.ts'

/** A replication slot as the primary shows it; `unknown` where it shows it to nobody but ordinary connections. */
export type SlotState = 'unknown' | 'absent' | 'physical' | 'logical'

/** What a primary says of itself. */
export interface Primary {
  readonly systemIdentifier: string
  readonly timeline: number
  /** WAL up to here is on its disk. */
  readonly lsn: Lsn
  /** The history file of its timeline; undefined on the first. */
  readonly history: string | undefined
  readonly slot: SlotState
  /** Whether somebody streams through the slot; undefined where that is not shown. */
  readonly slotActive: boolean | undefined
  /** Whether it is the cluster itself that would become its standby. */
  readonly itself: boolean
}

/**
 * Asks a primary who it is, from the standby's host and as the standby will reach it: in the protocol of replication,
 * for which nothing more is needed than the standby needs anyway. Changes nothing.
 *
 * @param session of the standby's owner
 * @param local whether the standby's cluster runs and may be asked
 * @throws restore/primary-unreachable
 */
export const askPrimary = async (
  session: Session,
  cluster: Cluster,
  conninfo: Conninfo,
  { slot, local }: { readonly slot: string | undefined; readonly local: boolean },
): Promise<Primary> => {
  const mark = `lifeboat ${randomBytes(8).toString('hex')}`
  const result = await session.run(askScript(cluster, conninfo, { slot, mark, local }), { timeout: 60 })
  if (result.status !== 0) throw unreachable(result, conninfo)
  const frames = new Map(parseFrames(result.stdoutBytes).map(({ name, content }) => [name, content.toString()]))
  const [systemIdentifier = '', timeline = '', lsn = ''] = (frames.get('system') ?? '').trim().split('|')
  const history = frames.get('history')
  return {
    systemIdentifier,
    timeline: Number(timeline),
    lsn: parseLsn(lsn),
    history: history?.slice(history.indexOf('|') + 1),
    ...slotOf(frames.get('slot'), frames.get('slot_protocol')),
    itself: Number(frames.get('here') ?? 0) > 0,
  }
}

const slotOf = (query: string | undefined, protocol: string | undefined): Pick<Primary, 'slot' | 'slotActive'> => {
  if (query !== undefined) {
    const [, type, active] = query.trim().split('|')
    if (type === undefined) return { slot: 'absent', slotActive: undefined }
    return { slot: type === 'physical' ? 'physical' : 'logical', slotActive: active === 't' }
  }
  if (protocol === undefined) return { slot: 'unknown', slotActive: undefined }
  return { slot: protocol.startsWith('physical|') ? 'physical' : 'absent', slotActive: undefined }
}

/**
 * Makes a physical slot on the primary; one that is there stays.
 *
 * @throws restore/primary-unreachable
 */
export const createSlot = async (
  session: Session,
  cluster: Cluster,
  conninfo: Conninfo,
  slot: string,
): Promise<void> => {
  const result = await session.run(createSlotScript(cluster.binDirectory, conninfo, slot), { timeout: 60 })
  if (result.status !== 0) throw unreachable(result, conninfo, `the primary does not make the slot ${slot}`)
}

const unreachable = (
  { status, stderr }: RunResult,
  conninfo: Conninfo,
  what = `the primary (${describeConninfo(conninfo)}) does not let a standby in`,
): LifeboatError => {
  const said = stderr
    .trim()
    .split('\n')
    .map((line) => line.replace(/^psql:( error:)?\s*/, '').trim())
    .filter((line) => line !== '')
  const user = conninfo.get('user') ?? 'the role of primary'
  return new LifeboatError('restore/primary-unreachable', what, {
    hints: [
      ...said.slice(-4),
      ...(status === NOT_LET_IN && /pg_hba\.conf/.test(stderr)
        ? [`its pg_hba.conf needs a line: host replication ${user} ADDRESS/32 scram-sha-256`]
        : []),
      ...(/must be (superuser|replication role)|permission denied/i.test(stderr)
        ? [`ALTER ROLE ${user} REPLICATION on the primary`]
        : []),
    ],
  })
}
