import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { LifeboatError } from '../base/errors.ts'
import type { Position } from '../base/position.ts'
import type { YamlNode } from '../text/yaml/node.ts'
import { parseYaml } from '../text/yaml/parse.ts'
import { findFile } from './find-file.ts'
import { readItems } from './items.ts'
import type { Loading, Place } from './loading.ts'
import type { TaskItem } from './types.ts'

/** Reads and parses a YAML file. @throws file/not-found, yaml/… */
export const readYamlFile = async (path: string, where?: Position): Promise<YamlNode | undefined> => {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new LifeboatError('file/not-found', `${path} cannot be read`, { where, cause })
  })
  return parseYaml({ path, text })
}

/** Loads the items of a tasks file that stands at a path. Errors in it are collected. */
export const readTasksFile = async (path: string, place: Place, loading: Loading): Promise<TaskItem[]> => {
  const root = await loading.problems.attemptLater(() => readYamlFile(path))
  return readItems(root, path, { ...place, directory: dirname(path) }, loading)
}

/**
 * Finds the file that an include or import names: beside the file it stands in, in the role, beside the playbook, and
 * in folders named `tasks` there.
 *
 * @throws file/not-found
 */
export const findTasksFile = (path: string, where: Position, place: Place, loading: Loading): Promise<string> => {
  const kind = place.handlers ? 'handlers' : 'tasks'
  const role = place.role ? [join(place.role.path, kind), place.role.path] : []
  const folders = [place.directory, ...role, loading.directory, join(loading.directory, kind)]
  return findFile(path, folders, 'tasks file', where)
}
