import { raw, sh } from '../../base/quote.ts'
import { historyFileName } from '../../postgres/archive-file.ts'
import type { ControlData } from '../../postgres/control-data.ts'
import type { SettingList } from '../../postgres/recovery-settings.ts'
import { findHelpers, installScript } from '../archive/install.ts'
import { openSegment, UNPACK_COMMAND } from '../chain/segment-source.ts'
import { startCluster } from '../service.ts'
import { keptHistories } from './kept-histories.ts'
import { unarchivedWal } from './make-plan.ts'
import { RECOVERY_LOG } from './recovery-log.ts'
import { settingsForRecovery } from './recovery-settings.ts'
import type { LentSegment } from './resolve-target.ts'
import type { RestorePlan } from './restore-plan.ts'
import type { RestoreWorld } from './restore-world.ts'
import { runStep, writeFileScript } from './write-file.ts'

/**
 * Brings back the WAL that the old cluster had not archived, installs the helper that fetches the rest, and starts the
 * server. It is not waited for: replay takes the time it takes.
 *
 * @returns the settings on the server's command line
 * @throws restore/step-failed, archive/no-helper-folder
 */
export const startRecovery = async (
  world: RestoreWorld,
  plan: RestorePlan,
  control: ControlData,
): Promise<SettingList> => {
  const { host, cluster } = plan
  const helpers = await findHelpers(world.owner, host.dataDirectory)
  const wal = unarchivedWal(plan)
  const old = plan.setAside
  const { lent } = plan.resolution
  await runStep(
    world.owner,
    'preparing the recovery',
    `${installScript(helpers.folder, helpers.outdated)}
${
  old === undefined || wal.length === 0
    ? ''
    : `set -e
${wal.map((name) => sh`cp -p ${`${old}/pg_wal/${name}`} ${`${host.dataDirectory}/pg_wal/${name}`}`.text).join('\n')}`
}
${keptHistories(plan)}
${lent === undefined ? '' : lend(plan, lent)}
${tellHistory(plan)}
${mustRecover(plan, control)}
`,
  )
  const settings = settingsForRecovery(plan, control, helpers.folder)
  await startCluster(
    world.owner,
    { ...cluster, dataDirectory: host.dataDirectory },
    {
      settings,
      logFile: `${host.dataDirectory}/${RECOVERY_LOG}`,
      wait: false,
      signal: world.signal,
    },
  )
  return settings
}

const lend = ({ access, host, identity }: RestorePlan, { name, source, bytes }: LentSegment): string => {
  const file = `${host.dataDirectory}/pg_wal/${name}`
  const size = identity.wal_segment_size
  const unpack = `${openSegment(access, source)} | ${sh`${UNPACK_COMMAND[source.compression]}`.text}`
  // Behind the fork the new timeline has nothing yet: a promotion leaves zeros there too.
  const taken = bytes === undefined ? unpack : `{ ${unpack} | head -c ${bytes}; head -c ${size - bytes} /dev/zero; }`
  return sh`${raw(taken)} > ${file}
[ $(($(wc -c < ${file}))) -eq ${size} ] || { rm -f ${file}; echo ${`${name} did not come whole`} >&2; exit 1; }`.text
}

/** What the primary alone knows of its timeline: the archive may not have it yet, and the standby follows it from the first. */
const tellHistory = ({ host, primary }: RestorePlan): string =>
  primary?.history === undefined
    ? ''
    : writeFileScript(`${host.dataDirectory}/pg_wal/${historyFileName(primary.timeline)}`, primary.history)

/** Files that are not recovered yet, and have lost their signal, would keep the server from starting (trap R13). */
const mustRecover = ({ host }: RestorePlan, { state }: ControlData): string => {
  const signal = sh`: > ${`${host.dataDirectory}/recovery.signal`}`.text
  if (state === 'in archive recovery' || state === 'shut down in recovery') return signal
  return sh`[ ! -f ${`${host.dataDirectory}/backup_label`} ] || `.text + signal
}

/** The settings with which the server was started that recovers already. */
export const recoveryOf = async (world: RestoreWorld, plan: RestorePlan, control: ControlData): Promise<SettingList> =>
  settingsForRecovery(plan, control, (await findHelpers(world.owner, plan.host.dataDirectory)).folder)
