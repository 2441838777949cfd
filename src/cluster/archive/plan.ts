import type { Change } from '../../base/change.ts'
import { planSettings, waitingForRestart } from '../settings.ts'
import type { ArchiveState } from './inspect.ts'
import { planLink } from './link.ts'

/** What differs between archiving as it is and as it shall be; pure. Empty means that all is set up. */
export const planArchive = (state: ArchiveState): Change[] => [
  ...(state.link ? planLink(state.link) : []),
  ...planFolder(state),
  ...planHelpers(state),
  ...planSettings(state.settings.reading, state.settings.wish),
]

/** Subjects of the changes that are no settings. */
export const FOLDER = 'repository'
export const IDENTITY = 'identity'
export const HELPERS = 'helpers'

/** The settings that the server takes over at a restart only: those that wait already, and those of the changes. */
export const restartFor = (state: ArchiveState, changes: readonly Change[]): string[] => {
  const { reading, wish } = state.settings
  const coming = changes
    .map((change) => change.subject)
    .filter((name) => reading.settings.get(name)?.context === 'postmaster')
  return [...new Set([...waitingForRestart(reading, wish), ...coming])].sort()
}

const planFolder = ({ folder, layout, cluster, identity, link }: ArchiveState): Change[] => {
  const changes: Change[] = []
  const words = (owner: string, mode: string): string => `${layout.folder}, ${owner} ${mode}`
  const right = folder.exists && folder.complete && folder.owner === cluster.owner && folder.mode === '0700'
  // Folders of a repository host are its own matter (postgresql_repository).
  if (!right && !link) {
    const before = folder.exists ? words(folder.owner, folder.mode) : null
    changes.push({ subject: FOLDER, before, after: words(cluster.owner, '0700') })
  }
  if (!folder.identity) {
    changes.push({ subject: IDENTITY, before: null, after: `system identifier ${identity.system_identifier}` })
  }
  return changes
}

const planHelpers = ({ helpers }: ArchiveState): Change[] =>
  helpers.outdated.length === 0
    ? []
    : [{ subject: HELPERS, before: null, after: helpers.outdated.map(({ name }) => `${helpers.folder}/${name}`) }]
