import { resolve } from 'node:path'
import type { Variables } from '../base/value.ts'
import { LazyMapping, omitToken, type Scope, type ScopeValue, Templar } from '../text/template/index.ts'
import { type TaskLayers, variableLayers } from './layers.ts'
import { magicVariables } from './magic.ts'
import type { PlayRun } from './run.ts'

class LayeredScope implements Scope {
  readonly #layers: readonly Readonly<Record<string, ScopeValue>>[]

  constructor(layers: readonly Readonly<Record<string, ScopeValue>>[]) {
    this.#layers = layers
  }

  has(name: string): boolean {
    return this.#layers.some((layer) => Object.hasOwn(layer, name))
  }

  get(name: string): ScopeValue | undefined {
    for (const layer of this.#layers) if (Object.hasOwn(layer, name)) return layer[name]
    return undefined
  }

  *names(): Iterable<string> {
    for (const layer of this.#layers) yield* Object.keys(layer)
  }
}

const hostvarsOf = (playRun: PlayRun): LazyMapping => {
  const known = new Map<string, LazyMapping>()
  const names = (): string[] => [...playRun.run.inventory.hosts.keys()]
  const get = (host: string): ScopeValue | undefined => {
    if (!playRun.run.inventory.hosts.has(host) && host !== 'localhost') return undefined
    const made = known.get(host) ?? new LazyMapping(() => variablesAsMapping(playRun, host))
    known.set(host, made)
    return made
  }
  return new LazyMapping(() => ({ keys: names, get }))
}

const variablesAsMapping = (
  playRun: PlayRun,
  host: string,
): { keys(): string[]; get(key: string): ScopeValue | undefined } => {
  const templar = templarFor(playRun, host, {})
  const { scope } = templar
  return {
    keys: () => [...new Set(scope.names())],
    get: (key) => (scope.has(key) ? templar.lookUp(key) : undefined),
  }
}

/** Folders in which relative paths of lookups are searched, nearest first. */
export const searchPath = (playRun: PlayRun, task: TaskLayers & { readonly directory?: string | undefined }): string[] => {
  const folders = [task.role?.path, task.directory, playRun.play.directory].filter((folder) => folder !== undefined)
  return [...new Set(folders.map((folder) => resolve(folder)))]
}

/** The evaluator of a host's variables, with what belongs to a task laid on top. */
export const templarFor = (
  playRun: PlayRun,
  host: string,
  task: TaskLayers & { readonly directory?: string | undefined },
): Templar => {
  const top: Record<string, ScopeValue> = {
    ...magicVariables(playRun, host, task.role),
    hostvars: hostvarsOf(playRun),
    omit: omitToken,
    ansible_search_path: searchPath(playRun, task),
  }
  const layers: readonly Variables[] = variableLayers(playRun, host, task)
  return new Templar(new LayeredScope([top, ...layers]), { lookups: { baseDirectories: searchPath(playRun, task) } })
}
