import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { extname } from 'node:path'
import { LifeboatError } from '../../base/errors.ts'

export type Format = 'yaml' | 'ini' | 'script'

const YAML_ENDINGS = ['.yml', '.yaml', '.json']

/**
 * Recognises what a file of the inventory is meant to be, so that an error can speak of that format alone: a script by
 * its first bytes, YAML and JSON by their endings, the rest by the first line that says something.
 *
 * @throws inventory/not-executable, inventory/unknown-format
 */
export const recogniseFormat = async (path: string, text: string): Promise<Format> => {
  const ending = extname(path)
  if (text.startsWith('#!')) {
    if (await isExecutable(path)) return 'script'
    throw new LifeboatError('inventory/not-executable', `the inventory script ${path} may not be executed`, {
      where: { source: { path, text }, line: 1, column: 1, length: text.indexOf('\n') },
      hints: [`make it executable: chmod +x ${path}`],
    })
  }
  if (text.startsWith('\x7fELF')) return 'script'
  if (ending === '.toml') {
    throw new LifeboatError('inventory/unknown-format', `TOML inventories are not supported: ${path}`, {
      hints: ['write the inventory as YAML or INI'],
    })
  }
  const first = firstLine(text)
  if (/^\[[^\]\s,]+\]\s*([#;].*)?$/.test(first)) return 'ini'
  if (YAML_ENDINGS.includes(ending)) return 'yaml'
  if (ending === '.ini') return 'ini'
  return /^(---|\{|%YAML)|^(["']?)[\w.-]+\2\s*:(\s|$)/.test(first) ? 'yaml' : 'ini'
}

const firstLine = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '' && !line.startsWith('#') && !line.startsWith(';')) ?? ''

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
