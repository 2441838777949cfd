import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import type { World } from '../evaluate/world.ts'
import { flag, textOf } from '../filters/values.ts'
import { parseLiteral } from '../python/literal.ts'
import { entriesOf } from '../python/mapping.ts'
import { str } from '../python/text.ts'
import { isMapping } from '../values/dict.ts'
import type { RuntimeValue } from '../values/types.ts'
import { lookupFailed } from './failed.ts'
import { candidates, findFile } from './find-file.ts'
import { globFiles } from './glob.ts'
import type { Lookup } from './types.ts'

const readFile = (name: string, kind: 'files' | 'templates', world: World): { path: string; text: string } => {
  const path = findFile(name, kind, world.lookups)
  if (path === undefined) {
    throw lookupFailed(`the file "${name}" does not exist`, [
      `searched: ${candidates(name, kind, world.lookups).join(', ') || 'nowhere, for there is no base folder'}`,
    ])
  }
  try {
    const text = readFileSync(path, 'utf8')
    return { path, text: world.lookups.decrypt?.(text, path) ?? text }
  } catch (error) {
    throw lookupFailed(`the file "${path}" cannot be read: ${error instanceof Error ? error.message : ''}`)
  }
}

const file: Lookup = (terms, options, world) =>
  terms.map((term) => {
    const { text } = readFile(textOf(term), 'files', world)
    const left = flag(options.get('lstrip')) ? text.trimStart() : text
    return flag(options.get('rstrip'), true) ? left.trimEnd() : left
  })

const template: Lookup = (terms, options, world) =>
  terms.map((term) => {
    const { path, text } = readFile(textOf(term), 'templates', world)
    const extra = options.get('template_vars') ?? null
    const variables = new Map(isMapping(extra) ? entriesOf(extra).map(([key, value]) => [str(key), value]) : [])
    const result = world.render(path, text, variables)
    return flag(options.get('convert_data'), true) && /^[{[]/.test(result) ? (parseLiteral(result) ?? result) : result
  })

const fileglob: Lookup = (terms, _options, world) =>
  terms.flatMap((term) => {
    const pattern = textOf(term)
    if (isAbsolute(pattern)) return globFiles(pattern)
    const folders = world.lookups.baseDirectories.flatMap((folder) => [join(folder, 'files'), folder])
    for (const folder of folders) {
      const found = globFiles(join(folder, pattern))
      if (found.length > 0) return found
    }
    return []
  })

/** Runs a command of the controller's shell in the playbook's folder. */
const run = (command: string, world: World): string => {
  const folder = world.lookups.baseDirectories.at(-1)
  try {
    return execFileSync('/bin/sh', ['-c', command], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
      ...(folder === undefined ? {} : { cwd: folder }),
    })
  } catch (error) {
    const { status, stderr } = error as { status?: number | null; stderr?: string }
    const said = (stderr ?? '').trim()
    throw lookupFailed(
      `the command "${command}" failed with status ${status ?? 'unknown'}`,
      said ? [`it said: ${said}`] : [],
    )
  }
}

const pipe: Lookup = (terms, _options, world) => terms.map((term) => run(textOf(term), world).trimEnd())

const lines: Lookup = (terms, _options, world) =>
  terms.flatMap((term): RuntimeValue[] => run(textOf(term), world).replace(/\n$/, '').split('\n'))

/** Lookups that read files of the controller or run its commands. */
export const fileLookups: Readonly<Record<string, Lookup>> = { file, unvault: file, template, fileglob, pipe, lines }
