import { readFile, stat } from 'node:fs/promises'
import { LifeboatError } from '../base/errors.ts'
import type { ToValueOptions } from '../text/yaml/value.ts'
import { InventoryDraft } from './draft.ts'
import { finishInventory } from './finish.ts'
import type { Inventory } from './inventory.ts'
import { sourcesInFolder } from './sources/folder.ts'
import { isHostList, readHostList } from './sources/host-list.ts'
import { readIni } from './sources/ini.ts'
import { recogniseFormat } from './sources/recognise.ts'
import { readScript } from './sources/script.ts'
import { readYamlInventory } from './sources/yaml.ts'

export interface LoadInventoryOptions extends ToValueOptions {}

/**
 * Loads the sources of an inventory as `-i` names them and merges them in their order: files (YAML, JSON, INI),
 * folders of sources, executable scripts, and lists of hosts (`db1,db2,`).
 *
 * @throws file/not-found, yaml/…, inventory/… with the place in the source
 */
export const loadInventory = async (
  sources: readonly string[],
  options: LoadInventoryOptions = {},
): Promise<Inventory> => {
  const draft = new InventoryDraft()
  for (const source of sources) {
    if (isHostList(source) && !(await exists(source))) readHostList(draft, source)
    else await readPath(draft, source, options)
  }
  return finishInventory(draft, sources)
}

const readPath = async (draft: InventoryDraft, path: string, options: LoadInventoryOptions): Promise<void> => {
  const found = await stat(path).catch((error: unknown) => {
    throw notFound(path, error)
  })
  if (found.isDirectory()) {
    for (const source of await sourcesInFolder(draft, path)) await readPath(draft, source, options)
    return
  }
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw notFound(path, error)
  })
  const format = await recogniseFormat(path, text)
  if (format === 'script') await readScript(draft, path)
  else if (format === 'yaml') readYamlInventory(draft, { path, text }, options)
  else readIni(draft, { path, text })
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

const notFound = (path: string, cause: unknown): LifeboatError =>
  new LifeboatError('file/not-found', `the inventory ${path} cannot be read`, {
    cause,
    hints: /^[\w.-]+$/.test(path)
      ? [`for the host "${path}" put a comma behind it: -i ${path},`]
      : ['name a file, a folder, a script or hosts with -i; without it inventory/ is read'],
  })
