import { type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { LifeboatError } from '../base/errors.ts'
import { didYouMean } from '../base/nearest.ts'
import type { Module } from './contract.ts'

// In dist this code may lie in another folder beside that of the modules.
const HERE = fileURLToPath(new URL('../modules/', import.meta.url))
const MODULE_FILE = /^([a-z][a-z0-9_]*)\.(?:ts|js|mjs)$/

/** Names that Ansible knows for a module whose file has another one. */
const OTHER_NAMES: Readonly<Record<string, string>> = { systemd_service: 'systemd' }

/**
 * Names of all modules: every file of a module folder beside this one (not those of folders named `shared`), and the
 * `.js`, `.mjs` and `.ts` files of the user's own folders, which win over ours of the same name.
 *
 * @param folders the `plugins/modules` folders beside the playbook and the inventory
 */
export const moduleNames = (folders: readonly string[] = []): string[] => [...files(folders).keys()].sort()

export const isModule = (name: string, folders: readonly string[] = []): boolean =>
  files(folders).has(OTHER_NAMES[name] ?? name)

/**
 * Loads a module by its short name (`copy`, not `ansible.builtin.copy`). Each file is imported once in a process.
 *
 * @throws module/unknown with the nearest name, module/not-a-module
 */
export const loadModule = async (name: string, folders: readonly string[] = []): Promise<Module> => {
  const known = files(folders)
  const path = known.get(OTHER_NAMES[name] ?? name)
  if (path === undefined) {
    throw new LifeboatError('module/unknown', `there is no module named "${name}"`, {
      hints: [...didYouMean(name, known.keys()), '`lifeboat doc` lists all modules'],
    })
  }
  const { default: module }: { default?: unknown } = await import(pathToFileURL(path).href)
  if (!looksLikeModule(module)) {
    throw new LifeboatError('module/not-a-module', `${path} does not export a module by default`, {
      hints: ['export default defineModule({ … }), defineAction, defineReader or defineControl'],
    })
  }
  return module
}

const looksLikeModule = (value: unknown): value is Module =>
  typeof value === 'object' && value !== null && 'kind' in value && 'params' in value && 'summary' in value

let ownFiles: ReadonlyMap<string, string> | undefined

/** Module name to file. Our own folders cannot change while we run, so they are read once. */
const files = (folders: readonly string[]): ReadonlyMap<string, string> => {
  ownFiles ??= new Map(
    list(HERE)
      .filter((entry) => entry.isDirectory() && entry.name !== 'shared')
      .flatMap((entry) => filesIn(join(HERE, entry.name))),
  )
  return folders.length === 0 ? ownFiles : new Map([...ownFiles, ...folders.flatMap(filesIn)])
}

const filesIn = (folder: string): [string, string][] =>
  list(folder).flatMap((entry): [string, string][] => {
    const name = entry.isDirectory() ? undefined : MODULE_FILE.exec(entry.name)?.[1]
    return name === undefined ? [] : [[name, join(folder, entry.name)]]
  })

const list = (folder: string): Dirent[] => {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    // A plugins folder that is not there has no modules.
    return []
  }
}
