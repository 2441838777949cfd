import { readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { LifeboatError } from '../../base/errors.ts'
import type { InventoryDraft } from '../draft.ts'

const NEVER = ['group_vars', 'host_vars', 'vars_plugins', 'plugins']
const IGNORED = ['.pyc', '.pyo', '.swp', '.bak', '.rpm', '.md', '.txt', '.rst', '.orig', '.ini', '.cfg', '.retry']

/**
 * The files of an inventory folder that are sources, in the order of their names. What Ansible passes over is passed
 * over here: hidden files, backups, documents, variable folders and also `.ini` (Ansible keeps that ending for the
 * settings of plugins), of which there is a warning.
 */
export const sourcesInFolder = async (draft: InventoryDraft, folder: string): Promise<string[]> => {
  const names = (await readdir(folder)).sort()
  return names
    .filter((name) => {
      if (name.startsWith('.') || name.endsWith('~') || NEVER.includes(name)) return false
      if (!IGNORED.includes(extname(name))) return true
      if (extname(name) === '.ini') draft.warnings.push(ignoredIni(join(folder, name)))
      return false
    })
    .map((name) => join(folder, name))
}

const ignoredIni = (path: string): LifeboatError =>
  new LifeboatError(
    'inventory/ignored-file',
    `${path} is not read: in an inventory folder ".ini" files are passed over`,
    {
      hints: ['rename it without the ending, or name the file itself with -i'],
    },
  )
