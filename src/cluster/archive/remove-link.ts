import type { Change } from '../../base/change.ts'
import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'
import { type Cluster, locateCluster } from '../locate.ts'
import type { RepositoryLayout } from '../repository/layout.ts'
import { linkFolder } from '../repository/link.ts'
import { sql } from '../sql.ts'
import { LINK } from './link.ts'

/** A way to a repository host that is to be taken back. */
export interface LinkRemoval {
  readonly helperFolder: string
  /** Folder of its files, the key among them; undefined where there is none. */
  readonly folder: string | undefined
}

/**
 * Looks for the files of a link that nobody needs any more.
 *
 * @param cluster name or data directory, as a task has it
 * @throws archive/still-used while the cluster archives or recovers through it
 */
export const inspectLinkRemoval = async (
  session: Session,
  helperFolder: string,
  layout: RepositoryLayout,
  cluster: string | undefined,
): Promise<LinkRemoval> => {
  const folder = linkFolder(helperFolder, layout)
  const { status } = await session.run(sh`[ -e ${folder} ]`.text)
  if (status !== 0) return { helperFolder, folder: undefined }
  const user = await usedBy(session, layout, cluster)
  if (user === undefined) return { helperFolder, folder }
  throw new LifeboatError('archive/still-used', `${user} needs the way to ${layout.place}`, {
    hints: ['archive-off.yml ends archiving and takes it back'],
  })
}

/** What goes; pure. */
export const planLinkRemoval = ({ folder }: LinkRemoval): Change[] =>
  folder === undefined ? [] : [{ subject: LINK, before: folder, after: null }]

/** Ends the connection that is kept and removes the key with all that belongs to it. */
export const applyLinkRemoval = async (session: Session, { helperFolder, folder }: LinkRemoval): Promise<void> => {
  if (folder === undefined) return
  const { status, stderr } = await session.run(`${closeLink(folder)}
${sh`rm -rf ${folder}`.text} || exit 1
${removeEmptyAbove(helperFolder, folder)}
exit 0
`)
  if (status === 0) return
  throw new LifeboatError('archive/cannot-set-up', `${folder} cannot be removed: ${stderr.trim()}`)
}

/** sh: ends the connection that is kept, where there is one. */
export const closeLink = (folder: string): string =>
  sh`[ ! -f ${`${folder}/config`} ] || (cd ${folder} && ssh -F config -O exit repository) 2>/dev/null`.text

/** sh: removes the folders above a link's, up to the one of the helpers, as far as they are empty. */
export const removeEmptyAbove = (helperFolder: string, folder: string): string =>
  sh`place=${folder}
while [ "$place" != ${helperFolder} ] && place=\${place%/*} && [ "$place" != ${helperFolder} ]; do rmdir "$place" 2>/dev/null || break; done`
    .text

/** The setting through which a cluster uses a link: of the server that runs, else as it would be started. */
const usedBy = async (
  session: Session,
  layout: RepositoryLayout,
  wanted: string | undefined,
): Promise<string | undefined> => {
  const cluster = await locateCluster(session, wanted).catch((error: unknown) => {
    if (!(error instanceof LifeboatError) || !/^postgres\/(no|unknown)-cluster$/.test(error.code)) throw error
  })
  if (cluster === undefined) return undefined
  const settings = cluster.running ? await settingsOf(session, cluster) : await configuredOf(session, cluster)
  const uses = (name: string): boolean => (settings.get(name) ?? '').includes(layout.place)
  if (uses('archive_command') && settings.get('archive_mode') !== 'off') return `archive_command of ${cluster.name}`
  return uses('restore_command') ? `restore_command of ${cluster.name}` : undefined
}

const NAMES = ['archive_mode', 'archive_command', 'restore_command'] as const

const settingsOf = async (session: Session, cluster: Cluster): Promise<ReadonlyMap<string, string>> => {
  const { rows } = await sql(session, cluster).query<{ name: string; setting: string }>(
    `SELECT name, setting FROM pg_settings WHERE name IN (${NAMES.map((name) => `'${name}'`).join(', ')})`,
  )
  return new Map(rows.map(({ name, setting }) => [name, setting]))
}

const configuredOf = async (session: Session, cluster: Cluster): Promise<ReadonlyMap<string, string>> => {
  const folder = cluster.configFile.replace(/\/[^/]*$/, '')
  const { stdout } = await session.run(
    NAMES.map(
      (name) =>
        sh`printf '%s %s\\n' ${name} "$(${`${cluster.binDirectory}/postgres`} -D ${folder} -C ${name} 2>/dev/null)"`
          .text,
    ).join('\n'),
  )
  return new Map(stdout.split('\n').map((line) => [line.split(' ')[0] ?? '', line.replace(/^\S* /, '')]))
}
