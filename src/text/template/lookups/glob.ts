import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isFile } from './file-kind.ts'

/** Python's fnmatch as a regular expression: `*`, `?`, `[a-z]`, `[!a-z]`. */
export const globPattern = (pattern: string): RegExp => {
  const body = pattern.replace(/\[!?\]?[^\]]*\]|[\s\S]/g, (piece) => {
    if (piece === '*') return '.*'
    if (piece === '?') return '.'
    if (piece.length > 1) return `[${piece.slice(1, -1).replace(/^!/, '^').replaceAll('\\', '\\\\')}]`
    return piece.replace(/[.*+?^${}()|[\]\\]/, '\\$&')
  })
  return new RegExp(`^(?:${body})$`, 's')
}

/** The files (not folders) that match a pattern, whose folders may have wildcards too; sorted by name. */
export const globFiles = (pattern: string): string[] => expand(pattern).filter(isFile).sort()

const WILD = /[*?[]/

const expand = (pattern: string): string[] => {
  const folder = dirname(pattern)
  const name = basename(pattern)
  const folders = WILD.test(folder) && folder !== pattern ? expand(folder) : [folder]
  return folders.flatMap((one) => {
    if (!WILD.test(name)) return [one === '.' && !pattern.startsWith('.') ? name : join(one, name)]
    const wanted = globPattern(name)
    return entries(one)
      .filter((entry) => wanted.test(entry) && (name.startsWith('.') || !entry.startsWith('.')))
      .map((entry) => (one === '.' && !pattern.startsWith('.') ? entry : join(one, entry)))
  })
}

const entries = (folder: string): string[] => {
  try {
    return statSync(folder).isDirectory() ? readdirSync(folder) : []
  } catch {
    return []
  }
}
