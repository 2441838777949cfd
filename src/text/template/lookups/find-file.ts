import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { LookupEnvironment } from './environment.ts'

/** Where a file of the controller may stand, in the order of the search. */
export const candidates = (name: string, kind: string, environment: LookupEnvironment): string[] => {
  const path = name.startsWith('~/') ? join(homedir(), name.slice(2)) : name
  if (isAbsolute(path)) return [path]
  return environment.baseDirectories.flatMap((folder) => [join(folder, kind, path), join(folder, path)])
}

/** The path of a file of the controller, undefined when no base folder has it. */
export const findFile = (name: string, kind: string, environment: LookupEnvironment): string | undefined =>
  candidates(name, kind, environment).find((path) => existsSync(path))
