import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { World } from '../evaluate/world.ts'
import { flag, textOf } from '../filters/values.ts'
import { itemsOf } from '../python/iterate.ts'
import { getKey } from '../python/mapping.ts'
import { isMapping } from '../values/dict.ts'
import type { RuntimeValue } from '../values/types.ts'
import { Undefined } from '../values/undefined.ts'
import { lookupFailed } from './failed.ts'
import { candidates } from './find-file.ts'
import type { Lookup } from './types.ts'

const KINDS = ['files', 'templates', 'vars', 'tasks']

/** The first file that exists, of names, or of names in each of some paths. */
export const firstFound: Lookup = (terms, options, world) => {
  const wanted = terms.flatMap((term) => names(term, options))
  if (terms.length === 0) wanted.push(...inPaths(list(options.get('files')), list(options.get('paths'))))
  for (const name of wanted) {
    const path = find(name, world)
    if (path !== undefined) return [path]
  }
  const skip = [options, ...terms.filter(isMapping)].some((given) => flag(option(given, 'skip')))
  if (skip) return []
  throw lookupFailed('none of the files exists', [
    `searched: ${wanted.join(', ') || 'nothing'}`,
    'give one that always exists as the last, or skip: true',
  ])
}

const names = (term: RuntimeValue, options: ReadonlyMap<string, RuntimeValue>): string[] => {
  if (isMapping(term)) {
    const files = list(option(term, 'files') ?? option(term, 'terms'))
    return inPaths(files, list(option(term, 'paths')))
  }
  if (Array.isArray(term)) return term.flatMap((inner) => names(inner, options))
  return inPaths(list(term), list(options.get('paths')))
}

const option = (given: RuntimeValue | ReadonlyMap<string, RuntimeValue>, name: string): RuntimeValue | undefined =>
  given instanceof Map ? given.get(name) : isMapping(given) ? getKey(given, name) : undefined

/** A list of names; a text may hold several, parted by commas or semicolons. Undefined ones are passed over. */
const list = (value: RuntimeValue | undefined): string[] => {
  if (value === undefined || value === null || value instanceof Undefined) return []
  if (typeof value === 'string') return value.split(/[,;]/).map((name) => name.trim())
  return itemsOf(value).flatMap((item) => (item instanceof Undefined ? [] : [textOf(item)]))
}

const inPaths = (files: readonly string[], paths: readonly string[]): string[] =>
  paths.length === 0
    ? [...files]
    : paths.flatMap((path) => (files.length === 0 ? [path] : files.map((file) => join(path, file))))

const find = (name: string, world: World): string | undefined =>
  KINDS.flatMap((kind) => candidates(name, kind, world.lookups)).find((path) => existsSync(path))
