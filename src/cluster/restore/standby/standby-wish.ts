import { LifeboatError } from '../../../base/errors.ts'
import { type Conninfo, parseConninfo } from '../../../postgres/conninfo.ts'

/** How a restored cluster is to go on as a standby. */
export interface StandbyWish {
  /** The server that it streams from; undefined for one that only reads the archive. */
  readonly primary: Conninfo | undefined
  /** Physical replication slot on the primary; undefined for none. */
  readonly slot: string | undefined
  /** Whether the slot is made where the primary has none of that name. */
  readonly createSlot: boolean
  /** Seconds without any progress after which a standby that does not stream has failed. */
  readonly patience: number
  /** The folder into which it archives once it is promoted, as helpers name it; undefined for nowhere (trap D1). */
  readonly successorOf: string | undefined
}

export interface StandbyParameters {
  readonly primary?: string | undefined
  readonly primary_slot?: string | undefined
  readonly create_slot: boolean
  readonly streaming_timeout: number
  readonly successor?: boolean | undefined
  readonly release: boolean
  readonly target_timeline?: string | number | undefined
}

/**
 * Understands the parameters of a standby. The port is written down even where it is the usual one: the environment of
 * the server could lead a connection without it elsewhere.
 *
 * @param own whether the repository's folder is this cluster's own, into which it goes on archiving when promoted
 * @param place of that folder, as helpers name it
 * @throws postgres/bad-conninfo, restore/bad-standby with the `parameter` that is wrong
 */
export const parseStandbyWish = (params: StandbyParameters, own: boolean, place: string): StandbyWish => {
  const given = params.primary === undefined || params.primary === '' ? undefined : parseConninfo(params.primary)
  const slot = params.primary_slot === '' ? undefined : params.primary_slot
  if (!params.release)
    throw bad('release', 'a standby cannot be kept closed', ['leave release at true, or ask for target_action: pause'])
  if (slot !== undefined && !/^[a-z0-9_]{1,63}$/.test(slot)) {
    throw bad('primary_slot', `"${slot}" cannot be the name of a slot`, [
      'it has lower-case letters, digits and underscores, at most 63',
    ])
  }
  if (given && (params.target_timeline ?? '') !== '') {
    throw bad('target_timeline', 'with a primary there is no choice of a timeline', [
      'the timeline of the primary is followed: leave target_timeline out',
    ])
  }
  if (slot !== undefined && given === undefined)
    throw bad('primary_slot', 'a slot without a primary means nothing', ['set primary too'])
  return {
    primary: given && complete(given),
    slot,
    createSlot: slot !== undefined && params.create_slot,
    patience: params.streaming_timeout,
    successorOf: (params.successor ?? own) ? place : undefined,
  }
}

const complete = (given: Conninfo): Conninfo => {
  if (given.has('service'))
    throw bad('primary', 'a service cannot be the primary', ['write its keywords: host=db1 user=replicator'])
  if (!given.get('host') && !given.get('hostaddr'))
    throw bad('primary', 'the primary has no host', ['primary: host=db1 port=5432'])
  const kept = [...given].filter(([name]) => name !== 'replication' && name !== 'dbname')
  return new Map([...kept, ...(given.get('port') ? [] : [['port', '5432'] as const])])
}

const bad = (parameter: keyof StandbyParameters, message: string, hints: readonly string[]): LifeboatError =>
  new LifeboatError('restore/bad-standby', message, { hints, data: { parameter } })
