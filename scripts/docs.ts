// Writes the pages of docs/ that are made from the code: npm run docs. A test keeps them true.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makePages } from './docs/pages.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

for (const [path, text] of await makePages()) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
