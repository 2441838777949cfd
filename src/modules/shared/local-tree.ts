import { readdir, readlink, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LifeboatError } from '../../base/errors.ts'
import { type Content, contentOfFile } from './content.ts'

export interface TreeEntry {
  /** Path below the root with slashes; the root itself is the empty text. */
  readonly path: string
  readonly mode: number
  readonly kind: 'directory' | 'file' | 'link'
  /** Of a file. */
  readonly content?: Content
  /** Of a link: where it points. */
  readonly target?: string
}

/**
 * A folder on the controller with everything in it, folders before what they hold.
 *
 * @param follow takes what a link points to in its place
 * @throws file/not-found for a link that leads nowhere or into itself
 */
export const readTree = async (root: string, follow: boolean): Promise<TreeEntry[]> => {
  const entries: TreeEntry[] = []
  const walk = async (path: string, above: readonly string[]): Promise<void> => {
    const full = join(root, path)
    const real = await realpath(full)
    if (above.includes(real)) throw new LifeboatError('file/not-found', `${full} leads back into a folder above it`)
    entries.push({ path, kind: 'directory', mode: (await stat(full)).mode & 0o7777 })
    const names = await readdir(full, { withFileTypes: true })
    for (const entry of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const below = path === '' ? entry.name : `${path}/${entry.name}`
      const place = join(root, below)
      if (entry.isSymbolicLink() && !follow) {
        entries.push({ path: below, kind: 'link', mode: 0o777, target: await readlink(place) })
        continue
      }
      const found = await stat(place).catch((cause: unknown) => {
        throw new LifeboatError('file/not-found', `${place} is a link that leads nowhere`, { cause })
      })
      if (found.isDirectory()) await walk(below, [...above, real])
      else if (found.isFile()) {
        entries.push({ path: below, kind: 'file', mode: found.mode & 0o7777, content: await contentOfFile(place) })
      } else throw new LifeboatError('module/wrong-kind', `${place} is neither a file nor a folder`)
    }
  }
  await walk('', [])
  return entries
}
