import { readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { LifeboatError } from '../base/errors.ts'
import type { Variables } from '../base/value.ts'
import { readVariablesFile } from '../text/variables-file.ts'
import { isFile, isFolder } from './find-file.ts'
import type { Loading } from './loading.ts'
import type { Placed } from './types.ts'
import { checkTemplates } from './value.ts'

const ENDINGS = ['.yml', '.yaml', '.json', '']

/**
 * The file of a role's part: `main` with one of YAML's endings, or the one that `tasks_from` and its like name.
 *
 * @returns undefined where there is none and none was asked for by name
 * @throws file/not-found
 */
export const findPart = async (folder: string, from: Placed<string> | undefined): Promise<string | undefined> => {
  const name = from?.value ?? 'main'
  for (const ending of extname(name) === '' ? ENDINGS : ['', ...ENDINGS]) {
    if (await isFile(join(folder, name + ending))) return join(folder, name + ending)
  }
  if (from) throw missing(folder, from)
  return undefined
}

/** Variables of a role's `defaults` or `vars`: one file, or all files of a folder `main`, sorted. */
export const readRoleVariables = async (
  folder: string,
  from: Placed<string> | undefined,
  loading: Loading,
): Promise<Variables> => {
  const inFolder = join(folder, from?.value ?? 'main')
  const single = (await isFolder(inFolder)) ? undefined : await findPart(folder, from)
  const paths = single ? [single] : (await isFolder(inFolder)) ? await filesBelow(inFolder) : []
  const parts: Variables[] = []
  for (const path of paths) parts.push(await readVariablesFile(path, loading.options))
  const variables: Variables = Object.assign({}, ...parts)
  checkTemplates(variables, loading)
  return variables
}

const filesBelow = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true })
  const files: string[] = []
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name.endsWith('~')) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) files.push(...(await filesBelow(path)))
    else if (ENDINGS.includes(extname(entry.name))) files.push(path)
  }
  return files
}

const missing = (folder: string, from: Placed<string>): LifeboatError =>
  new LifeboatError('file/not-found', `the role has no file ${join(folder, from.value)}`, { where: from.position })
