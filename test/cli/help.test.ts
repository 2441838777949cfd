import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

const lifeboat = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, ['--import', 'tsx', main, ...args], { encoding: 'utf8' })

test('help names each flag once, with a default only where there is one', () => {
  const { status, stdout } = lifeboat('play', '--help')
  expect(status).toBe(0)
  expect(stdout).toContain('hosts at once (default: 50)')
  expect(stdout).not.toContain('[]')
})

test('a word that is no command is an error with status 5', () => {
  expect(lifeboat('paly', 'site.yml')).toMatchObject({
    status: 5,
    stdout: '',
    stderr: expect.stringMatching(/unknown command 'paly'\n\(Did you mean play\?\)/),
  })
})
