import { quoteConfValue } from './conf-value.ts'
import { type RecoveryGoal, targetValue } from './recovery-target.ts'
import { featuresOf } from './version.ts'

/** Settings in the order in which they must be given. */
export type SettingList = readonly (readonly [name: string, value: string])[]

const TARGET_SETTINGS = [
  'recovery_target',
  'recovery_target_time',
  'recovery_target_name',
  'recovery_target_xid',
  'recovery_target_lsn',
] as const

/**
 * The settings that make a server recover to a goal. From 12 on every target that is not meant is emptied first, so
 * that what the source cluster left in postgresql.auto.conf does not count as a second target (traps R10, R35). The
 * action is always said, for PostgreSQL's own default is to pause (R11).
 */
export const recoverySettings = (goal: RecoveryGoal, majorVersion: number): SettingList => {
  const features = featuresOf(majorVersion)
  const own = goal.target.kind === 'immediate' ? 'recovery_target' : `recovery_target_${goal.target.kind}`
  const settings: [string, string][] = []
  if (features.recoverySignal) {
    for (const name of TARGET_SETTINGS) if (name !== own) settings.push([name, ''])
  }
  const value = goal.target.kind === 'immediate' ? 'immediate' : targetValue(goal.target)
  if (value !== undefined) {
    settings.push([own, value])
    settings.push(['recovery_target_inclusive', goal.inclusive ? 'on' : 'off'])
    settings.push(['recovery_target_action', goal.action === 'standby' ? 'pause' : goal.action])
  }
  // Up to 11 there is no word for the backup's own timeline: it is the default.
  if (goal.timeline !== 'current' || features.defaultTargetTimeline !== 'current') {
    settings.push(['recovery_target_timeline', String(goal.timeline)])
  }
  return settings
}

/** The file whose presence makes the server recover from the archive: `recovery.conf` up to 11 holds the settings too. */
export const recoverySignalFile = (majorVersion: number): 'recovery.conf' | 'recovery.signal' =>
  featuresOf(majorVersion).recoverySignal ? 'recovery.signal' : 'recovery.conf'

/** Writes settings as the lines of a configuration file. */
export const formatSettings = (settings: SettingList): string =>
  settings.map(([name, value]) => `${name} = ${quoteConfValue(value)}\n`).join('')
