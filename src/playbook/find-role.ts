import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, isAbsolute, join, normalize } from 'node:path'
import { LifeboatError } from '../base/errors.ts'
import { didYouMean } from '../base/nearest.ts'
import type { Position } from '../base/position.ts'
import { isFolder } from './find-file.ts'
import type { Loading, Place } from './loading.ts'

/** Where a role was found, and its name: the last part of a path. */
export interface FoundRole {
  readonly name: string
  readonly path: string
}

/**
 * Finds the folder of a role: `roles/` beside the playbook, the folders of `rolesPath`, `~/.ansible/roles`,
 * `/usr/share/ansible/roles`, `/etc/ansible/roles`, beside the role that asks, beside the playbook. A name with a
 * slash is a path.
 *
 * @throws playbook/unknown-role
 */
export const findRole = async (name: string, where: Position, place: Place, loading: Loading): Promise<FoundRole> => {
  const folders = foldersFor(place, loading)
  const places = isAbsolute(name) ? [name] : folders.map((folder) => normalize(join(folder, name)))
  for (const path of places) if (await isFolder(path)) return { name: basename(path), path }
  const known = (await Promise.all(folders.map(namesIn))).flat()
  throw new LifeboatError('playbook/unknown-role', `there is no role "${name}"`, {
    where,
    hints: [...didYouMean(name, known), `searched: ${places.join(', ')}`],
  })
}

const foldersFor = (place: Place, loading: Loading): string[] => [
  ...new Set([
    join(loading.directory, 'roles'),
    ...(loading.options.rolesPath ?? []),
    join(homedir(), '.ansible', 'roles'),
    '/usr/share/ansible/roles',
    '/etc/ansible/roles',
    ...(place.role ? [dirname(place.role.path)] : []),
    loading.directory,
  ]),
]

const namesIn = async (folder: string): Promise<string[]> => {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch {
    // A folder that is not there holds no role.
    return []
  }
}
