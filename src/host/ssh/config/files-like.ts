import { access, readdir } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { matchesWildcard } from '../../../base/wildcard.ts'

/** Files that a pattern with `*` and `?` names, in order; one without them names itself, where it exists. */
export const filesLike = async (pattern: string): Promise<string[]> => {
  let found = ['/']
  for (const part of pattern.split(sep).filter((word) => word !== '')) {
    const lists = await Promise.all(found.map((folder) => entriesLike(folder, part)))
    found = lists.flat()
  }
  return found
}

const entriesLike = async (folder: string, part: string): Promise<string[]> => {
  if (!/[*?]/.test(part)) {
    const path = join(folder, part)
    return await access(path).then(
      () => [path],
      () => [],
    )
  }
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => matchesWildcard(part, name) && (part.startsWith('.') || !name.startsWith('.')))
    .sort()
    .map((name) => join(folder, name))
}
