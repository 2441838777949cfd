import type { Change } from '../../base/change.ts'
import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import type { Identity } from '../repository/identity.ts'
import { identifyFar, setUpFolder } from '../repository/set-up.ts'
import { applySettings } from '../settings.ts'
import { sql } from '../sql.ts'
import { currentSegment, readArchiver } from './archiver.ts'
import { isMoved } from './dangers.ts'
import type { ArchiveSessions, ArchiveState } from './inspect.ts'
import { installScript } from './install.ts'
import { applyLink, HOST_KEY, LINK } from './link.ts'
import { FOLDER, HELPERS, IDENTITY } from './plan.ts'

/**
 * Makes the changes of `planArchive` in the order in which each one can rely on the one before: the way to the
 * repository host, folder and identity, helpers, their self-test in that folder, and only then the settings that make PostgreSQL call them. Reloads and never
 * restarts.
 *
 * @param host of the inventory, noted in the identity
 * @returns where the cluster archived elsewhere until now: the first segment that is in the new repository for certain
 * @throws archive/cannot-set-up, archive/probe-failed, and the codes of `applySettings`
 */
export const applyArchive = async (
  sessions: ArchiveSessions,
  state: ArchiveState,
  changes: readonly Change[],
  host: string,
): Promise<{ readonly begins?: string }> => {
  const { owner, root } = sessions
  const { layout, link, helpers, compression, cluster, settings } = state
  const subjects = new Set(changes.map((change) => change.subject))
  if (link && (subjects.has(LINK) || subjects.has(HOST_KEY))) await applyLink(owner, link)
  if (subjects.has(FOLDER) || subjects.has(IDENTITY)) {
    const created = `${new Date().toISOString().slice(0, 19)}Z`
    const identity: Identity = { version: 1, ...state.identity, created_by: host, created }
    if (link) await identifyFar(owner, layout, link.folder, identity)
    else await setUpFolder(layout, identity, owner, root)
  }
  if (subjects.has(HELPERS)) {
    const { status, stderr } = await owner.run(installScript(helpers.folder, helpers.outdated))
    if (status !== 0) {
      throw new LifeboatError(
        'archive/cannot-set-up',
        `the helpers cannot be written to ${helpers.folder}: ${stderr.trim()}`,
      )
    }
  }
  const probe = await owner.run(sh`${`${helpers.folder}/probe`} ${layout.place} ${compression}`.text)
  if (probe.status !== 0) {
    throw new LifeboatError('archive/probe-failed', `the helpers do not work on this host: ${probe.stderr.trim()}`, {
      hints: [`PostgreSQL was not told to use them; try ${helpers.folder}/probe by hand`],
    })
  }
  const ours = changes.filter((change) => settings.reading.settings.has(change.subject))
  if (ours.length > 0) await applySettings(owner, sql(owner, cluster), settings.wish, ours)
  if (!isMoved(state)) return {}
  // What waited when the command changed, and all that comes, goes into the new repository; this is certain of it.
  const begins = currentSegment(await readArchiver(owner, cluster))
  return begins === undefined ? {} : { begins }
}
