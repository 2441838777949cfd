import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { makePages } from '../../scripts/docs/pages.ts'

const root = resolve(import.meta.dirname, '../..')

test('the pages made from the code are those of the code (npm run docs writes them)', async () => {
  const pages = await makePages()
  const stale = [...pages].filter(
    ([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text,
  )
  expect(stale.map(([path]) => path)).toEqual([])
  const written = readdirSync(join(root, 'docs/modules')).map((name) => `docs/modules/${name}`)
  expect(written.filter((path) => !pages.has(path))).toEqual([])
})
