import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { formatError, LifeboatError, LifeboatErrors } from '../src/base/errors.ts'

/** Files by path; a text that begins with `#!` becomes executable. */
export type Files = Readonly<Record<string, string>>

/**
 * Writes files into a folder of their own, which is removed when the test ends.
 *
 * @returns the folder
 */
export const folderWith = (files: Files): string => {
  const folder = mkdtempSync(join(tmpdir(), 'lb-folder-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
    if (text.startsWith('#!')) chmodSync(join(folder, path), 0o755)
  }
  return folder
}

/** The errors that some work throws, as a person reads them, with the folder left out of paths. */
export const errorsOf = async (work: Promise<unknown>, folder = ''): Promise<string> => {
  try {
    await work
  } catch (error) {
    const errors = error instanceof LifeboatErrors ? error.errors : error instanceof LifeboatError ? [error] : undefined
    if (!errors) throw error
    return errors.map(formatError).join('\n').replaceAll(`${folder}/`, '')
  }
  return 'no error'
}
