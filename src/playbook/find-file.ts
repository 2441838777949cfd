import { stat } from 'node:fs/promises'
import { isAbsolute, join, normalize } from 'node:path'
import { LifeboatError } from '../base/errors.ts'
import type { Position } from '../base/position.ts'

export const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )

export const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )

/**
 * The first of several folders that holds a file; an absolute path is taken as it is.
 *
 * @param what what the file is, for the message: `tasks file`
 * @throws file/not-found with the places that were searched
 */
export const findFile = async (
  path: string,
  folders: readonly string[],
  what: string,
  where: Position,
): Promise<string> => {
  const places = isAbsolute(path) ? [path] : [...new Set(folders.map((folder) => normalize(join(folder, path))))]
  for (const place of places) if (await isFile(place)) return place
  throw new LifeboatError('file/not-found', `the ${what} ${path} is not there`, {
    where,
    hints: [`searched: ${places.join(', ')}`],
  })
}
