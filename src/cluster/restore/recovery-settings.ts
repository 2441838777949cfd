import type { ControlData } from '../../postgres/control-data.ts'
import { recoverySettings, type SettingList } from '../../postgres/recovery-settings.ts'
import { featuresOf } from '../../postgres/version.ts'
import { restoreCommand } from '../archive/command.ts'
import { LOCKED_HBA, LOCKED_IDENT } from './configure.ts'
import type { RestorePlan } from './restore-plan.ts'

/**
 * The settings of the recovering server, for its command line: they beat whatever the files say and are gone with the
 * process (trap R35). Recovery pauses at the target, so that the point can be proven before a new timeline begins.
 *
 * @param control pg_control of the backup
 * @param helperFolder where `get` is installed
 */
export const settingsForRecovery = (plan: RestorePlan, control: ControlData, helperFolder: string): SettingList => {
  const { cluster, resolution, repository, identity, own, host } = plan
  const { majorVersion } = cluster
  const data = host.dataDirectory
  return [
    ...recoverySettings({ ...resolution.goal, action: 'pause' }, majorVersion),
    // Its helper is told the cluster, and need not look in pg_control for each segment.
    ['restore_command', restoreCommand(helperFolder, repository.layout.place, identity.system_identifier)],
    ['archive_cleanup_command', ''],
    ['recovery_end_command', ''],
    ['primary_conninfo', ''],
    ['primary_slot_name', ''],
    ['hot_standby', 'on'],
    ...neededAtLeast(plan, control),
    // Nobody but the owner comes in before the cluster is proven and released (R30).
    ['listen_addresses', ''],
    ['unix_socket_directories', cluster.socketDirectory],
    ['port', String(cluster.port)],
    ['hba_file', `${data}/${LOCKED_HBA}`],
    ['ident_file', `${data}/${LOCKED_IDENT}`],
    ['ssl', 'off'],
    // Until then it does nothing to others (D1, D3, D4).
    ...(own ? [] : ([['archive_mode', 'off']] as const)),
    ['max_logical_replication_workers', '0'],
    ['synchronous_standby_names', ''],
    // What is watched: PostgreSQL's own words, in English and in one file.
    ['logging_collector', 'off'],
    ['log_destination', 'stderr'],
    ['log_min_messages', 'warning'],
    ['lc_messages', 'C'],
    ['log_timezone', 'UTC'],
    // Every file of a restored directory is synced at the start, one by one unless told otherwise (R34).
    ...(featuresOf(majorVersion).syncMethod && host.linux ? ([['recovery_init_sync_method', 'syncfs']] as const) : []),
  ]
}

const NAMES: Readonly<Record<string, string>> = {
  max_prepared_xacts: 'max_prepared_transactions',
  max_locks_per_xact: 'max_locks_per_transaction',
}

/** A server with less than the primary had refuses to replay, or pauses for ever (R15). */
const neededAtLeast = ({ resolution }: RestorePlan, control: ControlData): SettingList => {
  const needs = new Map<string, number>()
  const add = (name: string, value: number | undefined): void => {
    const key = NAMES[name] ?? name
    if (value !== undefined) needs.set(key, Math.max(value, needs.get(key) ?? 0))
  }
  for (const [name, value] of Object.entries(control.required)) add(name, value)
  for (const [name, value] of Object.entries(resolution.proof.needs)) add(name, value)
  return [...needs].map(([name, value]) => [name, String(value)])
}
