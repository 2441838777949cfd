import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Builds the checkout where a source is newer than what was built of it, so that the command is that of the sources. */
export const ensureBuilt = (checkout: string): void => {
  if (newest(join(checkout, 'src')) <= builtAt(checkout)) return
  const build = spawnSync('npm', ['run', '--silent', 'build'], { cwd: checkout, encoding: 'utf8' })
  if (build.status !== 0) throw new Error(`the sources do not build:\n${build.stdout}${build.stderr}`)
}

const builtAt = (checkout: string): number => {
  const built = statSync(join(checkout, 'dist/cli/main.js'), { throwIfNoEntry: false })
  return built?.mtimeMs ?? 0
}

const newest = (folder: string): number => {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Math.max(...files.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs))
}
