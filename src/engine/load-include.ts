import { access } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { LifeboatError } from '../base/errors.ts'
import { type LoadOptions, loadRole, loadTasksFile } from '../playbook/load.ts'
import type { Include, Role, TaskItem } from '../playbook/types.ts'

/** Where a tasks file is: in the role's tasks, beside the file that includes it, beside the playbook. */
const locate = async (include: Include, role: Role | undefined, path: string, directory: string): Promise<string> => {
  const folders = [...(role ? [join(role.path, 'tasks')] : []), include.directory, directory].map((folder) =>
    resolve(folder),
  )
  const places = isAbsolute(path) ? [path] : [...new Set(folders)].map((folder) => join(folder, path))
  for (const place of places) {
    const found = await access(place).then(
      () => true,
      () => false,
    )
    if (found) return place
  }
  throw new LifeboatError('file/not-found', `the tasks file ${path} was not found`, {
    where: include.target.position,
    hints: [`searched: ${places.join(', ')}`],
  })
}

/**
 * Loads the tasks that an include names.
 *
 * @param target the evaluated file or role name
 * @param directory folder of the playbook
 * @param again whether a role may run where it ran before
 * @throws file/not-found, playbook errors with their place
 */
export const loadInclude = async (
  include: Include,
  role: Role | undefined,
  target: string,
  directory: string,
  again: boolean,
  options: LoadOptions,
): Promise<{ readonly items: readonly TaskItem[]; readonly role: Role | undefined }> => {
  if (include.what === 'tasks') {
    const path = await locate(include, role, target, directory)
    return { items: await loadTasksFile(path, { directory, ...(role ? { role } : {}) }, options), role }
  }
  const { from, keywords } = include
  const loaded = await loadRole(target, { directory, params: {}, from, vars: keywords.vars, again }, options)
  return { items: loaded.tasks, role: loaded }
}
