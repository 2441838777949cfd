import { parseStandbyWish, type StandbyParameters } from '../../../cluster/restore/standby/standby-wish.ts'
import { parseConninfo } from '../../../postgres/conninfo.ts'
import { parseRecoveryGoal, type RecoveryWish } from '../../../postgres/recovery-target.ts'
import type { Fault, Rule } from '../../contract.ts'
import { givenOf, refusal } from '../../rules.ts'

const TARGETS = ['target', 'target_time', 'target_name', 'target_xid', 'target_lsn'] as const

/**
 * Every part of a target must be understood by itself, there may be only one target, and `inclusive` must fit it. A
 * standby has no target, and what is asked of it must go together.
 */
export const restoreRules = (given: RecoveryWish & StandbyParameters): readonly Rule[] => [
  ...([...TARGETS, 'target_timeline'] as const).map(
    (name): Rule =>
      () =>
        refusal(name, () => parseRecoveryGoal({ [name]: given[name] })),
  ),
  () => {
    const named = givenOf(given, TARGETS).filter((name) => given[name] !== '')
    if (named.length < 2) return undefined
    return refusal(named[1], () => parseRecoveryGoal(Object.fromEntries(named.map((name) => [name, given[name]]))))
  },
  () => (given.target_inclusive === false ? refusal('target_inclusive', () => parseRecoveryGoal(given)) : undefined),
  () => (given.primary ? refusal('primary', () => parseConninfo(given.primary ?? '')) : undefined),
  () => {
    if (given.target_action !== 'standby') return undefined
    return refusal('target_action', () => parseRecoveryGoal(given)) ?? standbyFault(given)
  },
]

const standbyFault = (given: StandbyParameters): Fault | undefined => {
  const fault = refusal('target_action', () => parseStandbyWish(given, true, ''))
  const parameter = fault && typeof fault.error !== 'string' ? fault.error.data.parameter : undefined
  return fault && typeof parameter === 'string' ? { ...fault, at: parameter } : fault
}
