import type { Change } from '../../base/change.ts'
import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import type { Cluster } from '../locate.ts'
import type { RepositoryLayout } from '../repository/layout.ts'
import { linkFolder } from '../repository/link.ts'
import { effectiveLine } from '../settings/plan.ts'
import { applySettings, type InspectedSettings, inspectSettings, planSettings, waitingForRestart } from '../settings.ts'
import { sql } from '../sql.ts'
import { type ArchiverStatistics, readArchiver } from './archiver.ts'
import { compressionOfCommand } from './command.ts'
import { findHelpers } from './install.ts'
import { HELPERS as HELPERS_SUBJECT } from './plan.ts'
import { closeLink, removeEmptyAbove } from './remove-link.ts'

/** What of archiving is there to be taken back. */
export interface RemovalState {
  readonly cluster: Cluster
  readonly layout: RepositoryLayout
  readonly settings: InspectedSettings
  readonly archiver: ArchiverStatistics
  readonly helperFolder: string
  /** Helpers and folders of this cluster that are there, full paths. */
  readonly found: readonly string[]
  /** Files that use the helpers too: configurations of other clusters, or a restore_command. */
  readonly users: readonly string[]
}

/** Settings that archiving is taken out of; what backups and replication may need as well stays. */
const OURS = ['archive_command', 'archive_mode', 'archive_timeout'] as const

const HELPER_NAMES = ['push', 'get', 'probe']

/**
 * Looks for what `postgresql_archive` has made.
 *
 * @param others configuration files of the other clusters on the host
 * @throws archive/still-used where a line that Lifeboat does not write has the command
 */
export const inspectRemoval = async (
  owner: Session,
  cluster: Cluster,
  layout: RepositoryLayout,
  others: readonly string[],
): Promise<RemovalState> => {
  const helpers = await findHelpers(owner, cluster.dataDirectory)
  const inspected = await inspectSettings(owner, sql(owner, cluster), {
    values: Object.fromEntries(OURS.map((name) => [name, null])),
    destination: 'auto',
  })
  const line = effectiveLine(inspected.reading, 'archive_command')
  const ours = compressionOfCommand(line?.value ?? '') !== undefined
  const destination = inspected.wish.destination === 'auto' ? inspected.reading.autoFile : inspected.wish.destination
  if (ours && line && line.file !== destination) {
    throw new LifeboatError(
      'archive/still-used',
      `${line.file} line ${line.line} has archive_command = ${line.value}`,
      {
        hints: ['that line was written by hand; take it out there'],
      },
    )
  }
  const folders = [
    ...(layout.location.kind === 'ssh' ? [linkFolder(helpers.folder, layout)] : []),
    `${cluster.dataDirectory}/pg_wal/.lifeboat-push`,
  ]
  const files = HELPER_NAMES.map((name) => `${helpers.folder}/${name}`)
  const own = [cluster.configFile, inspected.reading.autoFile]
  const { stdout } = await owner.run(`for path in ${sh`${[...files, ...folders]}`.text}; do
  [ ! -e "$path" ] || printf 'found %s\\n' "$path"
done
${sh`grep -lF ${`${helpers.folder}/`} ${others} /dev/null`.text} 2>/dev/null | sed 's/^/user /'
${sh`grep -lF ${`${helpers.folder}/get`} ${own} /dev/null`.text} 2>/dev/null | sed 's/^/user /'
`)
  const lines = (word: string): string[] =>
    stdout.split('\n').flatMap((each) => (each.startsWith(`${word} `) ? [each.slice(word.length + 1)] : []))
  return {
    cluster,
    layout,
    settings: ours ? inspected : { ...inspected, wish: { ...inspected.wish, values: {} } },
    archiver: await readArchiver(owner, cluster),
    helperFolder: helpers.folder,
    found: lines('found'),
    users: lines('user'),
  }
}

/** What is to be taken back; pure. The helpers stay while somebody else uses them, the WAL in the repository always. */
export const planRemoval = (state: RemovalState): Change[] => {
  const going = goingFiles(state)
  return [
    ...planSettings(state.settings.reading, state.settings.wish),
    ...(going.length === 0 ? [] : [{ subject: HELPERS_SUBJECT, before: [...going], after: null }]),
  ]
}

/** Settings that wait for a restart. */
export const restartForRemoval = (state: RemovalState, changes: readonly Change[]): string[] => {
  const { reading } = state.settings
  const wish = { ...state.settings.wish, values: Object.fromEntries(OURS.map((name) => [name, null])) }
  const coming = changes
    .map(({ subject }) => subject)
    .filter((name) => reading.settings.get(name)?.context === 'postmaster')
  return [...new Set([...waitingForRestart(reading, wish), ...coming])].sort()
}

/** Takes back the settings, and then what they used. Reloads and never restarts. */
export const applyRemoval = async (owner: Session, state: RemovalState, changes: readonly Change[]): Promise<void> => {
  const { cluster, settings, layout, helperFolder } = state
  const ours = changes.filter((change) => settings.reading.settings.has(change.subject))
  if (ours.length > 0) await applySettings(owner, sql(owner, cluster), settings.wish, ours)
  const going = goingFiles(state)
  if (going.length === 0) return
  const link = linkFolder(helperFolder, layout)
  const { status, stderr } = await owner.run(`
${link === '' ? '' : closeLink(link)}
${sh`rm -rf ${going}`.text} || exit 1
${link === '' ? '' : removeEmptyAbove(helperFolder, link)}
rmdir ${sh`${helperFolder}`.text} 2>/dev/null
exit 0
`)
  if (status === 0) return
  throw new LifeboatError('archive/cannot-set-up', `${helperFolder} cannot be removed: ${stderr.trim()}`)
}

/** What a person has to know of it; pure. */
export const warningsOfRemoval = (state: RemovalState): string[] => {
  const { archiver, users, settings } = state
  if (Object.keys(settings.wish.values).length === 0) return []
  const other = settings.reading.lines.find(
    (line) =>
      line.name === 'archive_mode' && line.file !== settings.reading.autoFile && /^(on|always)$/.test(line.value ?? ''),
  )
  return [
    ...(archiver.ready > 0
      ? [`${archiver.ready} files wait to be archived and will not be: what can be restored ends before them`]
      : []),
    ...(other
      ? [
          `${other.file} line ${other.line} leaves archive_mode on without a command: WAL piles up in pg_wal until it is full`,
        ]
      : []),
    ...users.map((file) => `the helpers stay: ${file} uses them`),
  ]
}

const goingFiles = ({ found, users, helperFolder }: RemovalState): string[] =>
  found.filter((path) => users.length === 0 || !HELPER_NAMES.some((name) => path === `${helperFolder}/${name}`))
