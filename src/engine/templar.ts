import { resolve } from 'node:path'
import type { Variables } from '../base/value.ts'
import { implicitHost } from '../inventory/implicit-host.ts'
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

/** Variables of all hosts, evaluated one by one when they are asked for, each with the scope of its own host. */
const hostvarsOf = (playRun: PlayRun): LazyMapping => {
  const known = new Map<string, LazyMapping>()
  const { inventory } = playRun.run
  return new LazyMapping({
    keys: () => inventory.hosts.keys(),
    has: (host) => inventory.hosts.has(host) || implicitHost(host) !== undefined,
    get: (host) => {
      if (!inventory.hosts.has(host) && implicitHost(host) === undefined) return undefined
      const made = known.get(host) ?? variablesOf(playRun, host)
      known.set(host, made)
      return made
    },
  })
}

const variablesOf = (playRun: PlayRun, host: string): LazyMapping => {
  const templar = templarFor(playRun, host, {})
  return new LazyMapping({
    keys: () => new Set(templar.scope.names()),
    has: (name) => templar.scope.has(name),
    get: (name) => (templar.scope.has(name) ? templar.lookUp(name) : undefined),
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
