import { resolve } from 'node:path'
import { implicitHost } from '../inventory/implicit-host.ts'
import { omitToken } from '../text/template/omit.ts'
import { type ScopeValue, scopeOf } from '../text/template/scope.ts'
import { Templar } from '../text/template/templar.ts'
import { LazyMapping } from '../text/template/values/lazy.ts'
import { isVault } from '../text/vault/index.ts'
import { type TaskLayers, variableLayers } from './layers.ts'
import { magicVariables } from './magic.ts'
import type { PlayRun } from './run.ts'

/** Variables of all hosts, evaluated one by one when they are asked for, each with the scope of its own host. */
export const hostvarsOf = (playRun: PlayRun): LazyMapping => {
  const known = new Map<string, LazyMapping>()
  const { inventory } = playRun.run
  return new LazyMapping({
    keys: () => inventory.hosts.keys(),
    has: (host) => inventory.hosts.has(host) || implicitHost(host) !== undefined,
    get: (host) => {
      if (!inventory.hosts.has(host) && implicitHost(host) === undefined) return undefined
      const made = known.get(host) ?? templarFor(playRun, host, {}).variables()
      known.set(host, made)
      return made
    },
  })
}

/** Folders in which relative paths of lookups are searched, nearest first. */
export const searchPath = (
  playRun: PlayRun,
  task: TaskLayers & { readonly directory?: string | undefined },
): string[] => {
  const folders = [task.role?.path, task.directory, playRun.play.directory].filter((folder) => folder !== undefined)
  return [...new Set(folders.map((folder) => resolve(folder)))]
}

/** Opens encrypted files that lookups read, and leaves the others as they are. */
const opener =
  (playRun: PlayRun) =>
  (text: string, path: string): string => {
    const { decrypt } = playRun.run.loadOptions
    return decrypt && isVault(text) ? decrypt(text, { source: { path, text }, line: 1, column: 1 }) : text
  }

/**
 * The evaluator of a host's variables, with what belongs to a task laid on top.
 *
 * @param hostvars shared by the evaluators of many hosts, as long as no variable changes
 */
export const templarFor = (
  playRun: PlayRun,
  host: string,
  task: TaskLayers & { readonly directory?: string | undefined },
  hostvars: LazyMapping = hostvarsOf(playRun),
): Templar => {
  const top: Record<string, ScopeValue> = {
    ...magicVariables(playRun, host, task.role),
    hostvars,
    omit: omitToken,
    ansible_search_path: searchPath(playRun, task),
  }
  const options = { lookups: { baseDirectories: searchPath(playRun, task), decrypt: opener(playRun) } }
  return new Templar(scopeOf(top, ...variableLayers(playRun, host, task)), options)
}
