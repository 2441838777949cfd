import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

test('the page on reach names tests that there are', () => {
  const rows = readFileSync(join(root, 'docs/reach.md'), 'utf8').matchAll(/^\| .+ \| (test\/\S+): (.+) \|$/gm)
  const named = [...rows].map(([, file = '', title = '']) => ({ file, title }))
  expect(named.length).toBeGreaterThan(20)
  const missing = named.filter(({ file, title }) => {
    const path = join(root, file)
    return !existsSync(path) || !readFileSync(path, 'utf8').includes(`'${title}'`)
  })
  expect(missing).toEqual([])
})
