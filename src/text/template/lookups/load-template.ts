import { readFileSync } from 'node:fs'
import type { Source } from '../../../base/position.ts'
import type { LookupEnvironment } from './environment.ts'
import { findFile } from './find-file.ts'

/** Reads a template of the controller by its name: absolute, or below one of the base folders. */
export const loadTemplate = (name: string, environment: LookupEnvironment): Source | undefined => {
  const path = findFile(name, 'templates', environment)
  return path === undefined ? undefined : { path, text: readFileSync(path, 'utf8') }
}
