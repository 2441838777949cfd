import { LifeboatError } from '../../base/errors.ts'
import type { RepositoryLocation } from './location.ts'

/** Ending of the folder of a backup that is being taken; renamed away when it is whole. */
export const INCOMPLETE = '.incomplete'

/** The paths of one cluster's part of a repository. */
export interface RepositoryLayout {
  readonly location: RepositoryLocation
  /** The cluster's folder as users and helpers name it: `/srv/lifeboat/db1`, `backup1:/srv/lifeboat/db1`. */
  readonly place: string
  /** The repository itself, which may hold many clusters. A path of the host that holds it, as all the following. */
  readonly root: string
  /** The cluster's name in the repository. */
  readonly name: string
  readonly folder: string
  readonly identityFile: string
  readonly walFolder: string
  /** Where the push helper writes files before they get their names. */
  readonly pushFolder: string
  readonly backupFolder: string
  /** A folder that exists while a backup is being taken. */
  readonly backupLock: string
}

/**
 * The paths of a cluster in a repository.
 *
 * @throws archive/bad-name when the name cannot be the name of a folder
 */
export const layoutOf = (location: RepositoryLocation, name: string): RepositoryLayout => {
  checkName(name)
  const folder = `${location.path}/${name}`
  return {
    location,
    place: location.kind === 'ssh' ? `${location.host}:${folder}` : folder,
    root: location.path,
    name,
    folder,
    identityFile: `${folder}/identity.json`,
    walFolder: `${folder}/wal`,
    pushFolder: `${folder}/wal/.push`,
    backupFolder: `${folder}/backup`,
    backupLock: `${folder}/backup/.lock`,
  }
}

/** The folder of a timeline's segments: its number in 8 hexadecimal digits. */
export const timelineFolder = (layout: RepositoryLayout, timeline: number): string =>
  `${layout.walFolder}/${timeline.toString(16).toUpperCase().padStart(8, '0')}`

/** The folder of a backup by its id. */
export const backupPath = (layout: RepositoryLayout, id: string): string => `${layout.backupFolder}/${id}`

/** The id of a backup that begins at a moment: `20261122T013000Z-full`. */
export const backupId = (start: Date, type: 'full' | 'incr' = 'full'): string =>
  `${start
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '')}-${type}`

/** Whether a folder's name is the id of a backup, which begins with its moment in UTC. */
export const isBackupId = (name: string): boolean => /^\d{8}T\d{6}Z-[a-z]+$/.test(name)

const checkName = (name: string): void => {
  if (name !== '' && !name.startsWith('.') && !/[/\u0000-\u001f\u007f]/.test(name) && Buffer.byteLength(name) <= 200)
    return
  throw new LifeboatError('archive/bad-name', `"${name}" cannot be the name of a cluster in a repository`, {
    hints: ['a name has no slash, does not begin with a full stop and is at most 200 bytes long; set name'],
  })
}
