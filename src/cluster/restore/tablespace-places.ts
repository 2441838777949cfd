import { LifeboatError } from '../../base/errors.ts'
import type { BackupRecord } from '../repository/backup-record.ts'
import type { FolderState, HostState } from './host-state.ts'

/** A tablespace of the backup and where it goes. */
export interface TablespacePlace {
  readonly oid: number
  readonly name: string
  /** Its place in the backup. */
  readonly from: string
  readonly to: string
  /** Folder in `to` into which it is unpacked before anything is exchanged. */
  readonly incomplete: string
}

/**
 * Decides where each tablespace goes: where the mapping says, else to its old path. The mapping names a tablespace by
 * its path or its name.
 *
 * @throws restore/bad-tablespace-mapping for a name that no tablespace of the backup has, and for two in one folder
 */
export const placeTablespaces = (
  backup: BackupRecord,
  mapping: Readonly<Record<string, string>>,
  runId: string,
): readonly TablespacePlace[] => {
  const known = new Set(backup.tablespaces.flatMap(({ name, path }) => [name, path]))
  const unknown = Object.keys(mapping).filter((key) => !known.has(key))
  if (unknown.length > 0) {
    throw badMapping(`the backup ${backup.id} has no tablespace ${unknown.join(', ')}`, [
      backup.tablespaces.length === 0
        ? 'it has no tablespace at all'
        : `it has ${backup.tablespaces.map(({ name, path }) => `${name} at ${path}`).join(', ')}`,
    ])
  }
  const places = backup.tablespaces.map(({ oid, name, path }) => {
    const to = (mapping[path] ?? mapping[name] ?? path).replace(/(.)\/+$/, '$1')
    if (!to.startsWith('/')) throw badMapping(`${to} is not an absolute path`, [])
    return { oid, name, from: path, to, incomplete: `${to}/.lifeboat-incomplete-${runId}` }
  })
  for (const [index, { to, name }] of places.entries()) {
    const other = places.slice(0, index).find((place) => place.to === to)
    if (other) throw badMapping(`tablespaces ${other.name} and ${name} would share the folder ${to}`, [])
  }
  return places
}

/**
 * Checks that nothing of somebody else lies where a tablespace goes: only an empty folder will do, or one of the very
 * cluster that is replaced. A restore beside a running cluster would else overwrite its files (guide X-2).
 *
 * @throws restore/tablespace-in-use, restore/not-writable
 */
export const checkTablespaces = (places: readonly TablespacePlace[], host: HostState): void => {
  const own = new Set(host.old.tablespaces.values())
  // What an interrupted restore has put there is its own too.
  const put = new Set(host.journal?.stage === 'in-place' ? host.journal.put_in_place.map(({ to }) => to) : [])
  for (const { name, to } of places) {
    const folder = host.folders.get(to)
    if (!folder) continue
    const foreign = own.has(to) ? [] : contents(folder).filter((entry) => !put.has(`${to}/${entry}`))
    if (foreign.length > 0) {
      throw new LifeboatError(
        'restore/tablespace-in-use',
        `the folder ${to} of tablespace ${name} is not empty: ${foreign.slice(0, 3).join(', ')}`,
        {
          hints: [
            'it does not belong to the cluster that is restored: another cluster may be using it',
            `name another folder: tablespace_mapping: {${JSON.stringify(to)}: /another/folder}`,
          ],
        },
      )
    }
    if (folder.exists ? !folder.writable : !folder.parentWritable) {
      throw new LifeboatError(
        'restore/not-writable',
        `${host.user} may not write the folder ${to} of tablespace ${name}`,
        {
          hints: [`create it for the owner of the cluster: install -d -m 0700 -o ${host.user} ${to}`],
        },
      )
    }
  }
}

/** What is in a folder, without the remains of earlier restores. */
const contents = (folder: FolderState): readonly string[] =>
  folder.entries.filter((name) => !name.startsWith('.lifeboat-incomplete-') && !name.includes('.before-'))

const badMapping = (message: string, hints: readonly string[]): LifeboatError =>
  new LifeboatError('restore/bad-tablespace-mapping', message, { hints })
