import { LifeboatError } from '../base/errors.ts'
import { Template, type Value, type Variables } from '../base/value.ts'
import { readVariablesFile } from '../text/variables-file.ts'
import type { YamlNode } from '../text/yaml/node.ts'
import { findFile } from './find-file.ts'
import { isNothing } from './kinds.ts'
import type { Loading } from './loading.ts'
import { readTexts } from './scalars.ts'
import { staticText } from './static-text.ts'
import type { Placed } from './types.ts'
import { checkTemplates } from './value.ts'

/** `vars_files` of a play, and the variables of those that can be read before the run. */
export interface VarsFiles {
  readonly placed: readonly Placed<Value>[]
  readonly variables: Variables
}

/**
 * Reads `vars_files`: names of files, or lists of names of which the first that exists counts. Files whose names are
 * known are read now, so that what is wrong in them is said before the run.
 */
export const readVarsFiles = async (
  node: YamlNode | undefined,
  variables: Variables,
  loading: Loading,
): Promise<VarsFiles> => {
  if (node === undefined || isNothing(node)) return { placed: [], variables: {} }
  const placed: Placed<Value>[] = []
  const parts: Variables[] = []
  for (const entry of node.kind === 'sequence' ? node.items : [node]) {
    await loading.problems.attemptLater(async () => {
      const names = readTexts(entry, 'vars_files', loading)
      placed.push({
        value: entry.kind === 'sequence' ? names.map(({ value }) => value) : (names[0]?.value ?? null),
        position: entry.position,
      })
      const path = await firstThere(names, variables, loading)
      if (path !== undefined) parts.push(await readVariablesFile(path, loading.options, entry.position))
    })
  }
  const merged: Variables = Object.assign({}, ...parts)
  checkTemplates(merged, loading)
  return { placed, variables: merged }
}

/** The first file of several that is there; undefined where only a host can tell its name. */
const firstThere = async (
  names: readonly Placed<Value>[],
  variables: Variables,
  loading: Loading,
): Promise<string | undefined> => {
  let missing: unknown
  for (const { value, position } of names) {
    const name = nameOf(value, position, variables)
    if (name === undefined) return undefined
    try {
      return await findFile(name, [loading.directory], 'variables file', position)
    } catch (error) {
      missing ??= error
    }
  }
  throw missing
}

const nameOf = (value: Value, position: Placed<Value>['position'], variables: Variables): string | undefined => {
  if (!(value instanceof Template)) return String(value)
  try {
    return staticText(value, position, variables, 'the name of a variables file')
  } catch (error) {
    if (error instanceof LifeboatError && error.code === 'playbook/not-static') return undefined
    throw error
  }
}
