import { LifeboatError } from '../../../base/errors.ts'
import { sh } from '../../../base/quote.ts'
import { passfileLine } from '../../../postgres/conninfo.ts'
import { archiveCommand, archivesInto, compressionOfCommand } from '../../archive/command.ts'
import { findHelpers, type InstalledHelpers, installScript } from '../../archive/install.ts'
import type { Cluster } from '../../locate.ts'
import { signalReload, startCluster, stopCluster } from '../../service.ts'
import { LOCKED_HBA, LOCKED_IDENT } from '../configure.ts'
import { controlOf } from '../control-of.ts'
import { writeRecord } from '../record-file.ts'
import type { RestoreRecord } from '../restore-record.ts'
import type { RestoreWorld } from '../restore-world.ts'
import { runStep, writeFileScript } from '../write-file.ts'
import { createSlot } from './primary.ts'
import { readConfiguration } from './read-configuration.ts'
import { ASKED, type SuccessorArchive, standbySettings, writeSettings } from './standby-settings.ts'
import type { StandbyWish } from './standby-wish.ts'

const STOP_SECONDS = 3600
const START_SECONDS = 600

/**
 * Makes a standby of a cluster that was restored and proven: its slot on the primary, its settings, standby.signal in the
 * place of recovery.signal, its own pg_hba.conf again, and a start the way it is always started on this host. Everything
 * in it can be done again; of one that is a standby already it changes the settings, and reloads.
 *
 * @param live whether it runs as a standby already
 * @returns the record that the data directory now holds
 * @throws restore/primary-unreachable, archive/probe-failed, restore/step-failed, postgres/stop-failed,
 *   postgres/start-failed
 */
export const becomeStandby = async (
  world: RestoreWorld,
  cluster: Cluster,
  restored: RestoreRecord,
  wish: StandbyWish,
  live = false,
): Promise<RestoreRecord> => {
  const { owner, signal } = world
  const data = cluster.dataDirectory
  const helpers = await findHelpers(owner, data)
  await runStep(owner, 'installing the helpers', installScript(helpers.folder, helpers.outdated))
  const password = wish.primary?.get('password')
  const passfile = password === undefined ? undefined : `${helpers.folder}/standby-${restored.run_id}.pgpass`
  const record: RestoreRecord = {
    ...restored,
    state: 'standby',
    standby: { passfile: passfile ?? null, slot: wish.slot ?? null },
  }
  if (wish.primary && wish.slot !== undefined && wish.createSlot) {
    await createSlot(owner, cluster, wish.primary, wish.slot)
  }
  await writeRecord(owner, data, record)
  const service = world.root ?? owner
  if (!live) await stopCluster(service, cluster, { timeout: STOP_SECONDS, signal })
  await runStep(
    owner,
    'making it a standby',
    `set -e
${passfile === undefined || password === undefined ? '' : writeFileScript(passfile, passfileLine(password))}
${await settingsScript(world, cluster, record, wish, helpers, passfile)}
${restored.standby?.passfile && restored.standby.passfile !== passfile ? sh`rm -f ${restored.standby.passfile}`.text : ''}
${sh`cd ${data}`.text}
: > standby.signal
rm -f recovery.signal
${sh`rm -rf ${LOCKED_HBA} ${LOCKED_IDENT} pg_wal/.lifeboat-get`.text}
sync
`,
  )
  if (live) await signalReload(owner, cluster)
  else await startCluster(service, cluster, { timeout: START_SECONDS, signal })
  const open: RestoreRecord = { ...record, locked: false }
  await writeRecord(owner, data, open)
  return open
}

const settingsScript = async (
  world: RestoreWorld,
  cluster: Cluster,
  record: RestoreRecord,
  wish: StandbyWish,
  helpers: InstalledHelpers,
  passfile: string | undefined,
): Promise<string> => {
  const { owner } = world
  const { effective, auto } = await readConfiguration(owner, cluster, Object.values(ASKED).flat())
  const { required } = await controlOf(owner, cluster.dataDirectory, cluster)
  const settings = standbySettings({
    wish,
    restoreCommand: restoreCommandOf(record),
    follow: record.follow,
    passfile,
    required,
    effective,
    archive:
      wish.successorOf === undefined
        ? undefined
        : await successorArchive(world, helpers, wish.successorOf, effective.get('archive_command') ?? ''),
  })
  return writeFileScript(`${cluster.dataDirectory}/postgresql.auto.conf`, writeSettings(auto, settings))
}

const restoreCommandOf = ({ settings }: RestoreRecord): string => {
  const command = settings.find(([name]) => name === 'restore_command')?.[1]
  if (command !== undefined) return command
  throw new LifeboatError('lifeboat/bug', 'the record of the restore holds no restore_command')
}

/** A standby that could not archive after its promotion is no successor: the helpers are tried out before. */
const successorArchive = async (
  { owner }: RestoreWorld,
  helpers: InstalledHelpers,
  place: string,
  current: string,
): Promise<SuccessorArchive> => {
  const settled = archivesInto(current, place)
  const compression =
    (settled ? compressionOfCommand(current) : undefined) ??
    (['zstd', 'lz4', 'gzip'] as const).find((name) => helpers.programs.includes(name)) ??
    'none'
  const { status, stderr } = await owner.run(sh`${`${helpers.folder}/probe`} ${place} ${compression}`.text)
  if (status === 0) return { command: archiveCommand(helpers.folder, place, compression), settled }
  throw new LifeboatError('archive/probe-failed', `this host cannot archive into ${place}: ${stderr.trim()}`, {
    hints: [
      "it could not take the primary's place; successor: false makes a standby that archives nowhere when promoted",
    ],
  })
}
