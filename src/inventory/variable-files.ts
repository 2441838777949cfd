import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'

const ENDINGS = ['', '.yml', '.yaml', '.json']

/** The files that give the variables of one name in a folder such as group_vars. */
export interface FoundFiles {
  /** In the order in which they are merged. */
  readonly files: readonly string[]
  /** Others that would give variables too, were it not for those: Ansible takes only one of them. */
  readonly shadowed: readonly string[]
}

/** The files of every name in a group_vars or host_vars folder, as Ansible finds them. A folder that is not there has none. */
export const variableFilesIn = async (folder: string): Promise<Map<string, FoundFiles>> => {
  const candidates = new Map<string, Dirent[]>()
  for (const entry of await entriesOf(folder)) {
    const ending = extname(entry.name)
    const name =
      ENDINGS.includes(ending) && !entry.isDirectory() ? entry.name.slice(0, -ending.length || undefined) : entry.name
    candidates.set(name, [...(candidates.get(name) ?? []), entry])
  }
  const found = new Map<string, FoundFiles>()
  for (const [name, entries] of candidates) {
    const [first, ...others] = entries.sort((a, b) => rank(a, name) - rank(b, name))
    if (!first) continue
    const path = join(folder, first.name)
    const files = first.isDirectory() ? await filesBelow(path) : [path]
    found.set(name, { files, shadowed: others.map((entry) => join(folder, entry.name)) })
  }
  return found
}

const rank = (entry: Dirent, name: string): number => ENDINGS.indexOf(entry.name.slice(name.length))

const entriesOf = async (folder: string): Promise<Dirent[]> => {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.filter(({ name }) => !name.startsWith('.') && !name.endsWith('~'))
  } catch {
    // The folder need not be there.
    return []
  }
}

const filesBelow = async (folder: string): Promise<string[]> => {
  const files: string[] = []
  const entries = await entriesOf(folder)
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) files.push(...(await filesBelow(path)))
    else if (ENDINGS.includes(extname(entry.name))) files.push(path)
  }
  return files
}
