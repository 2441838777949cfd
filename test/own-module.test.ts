import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureBuilt } from './scenarios/support/build.ts'

const checkout = fileURLToPath(new URL('..', import.meta.url))
let folder: string

/** A folder of playbooks in which lifeboat is installed, with the module that the documentation shows. */
beforeAll(() => {
  ensureBuilt(checkout)
  folder = mkdtempSync(join(tmpdir(), 'lifeboat-own-'))
  for (const path of ['plugins/modules', 'node_modules']) mkdirSync(join(folder, path), { recursive: true })
  symlinkSync(checkout, join(folder, 'node_modules/lifeboat'))
  const [, shown = ''] = /```js\n([\s\S]*?)```/.exec(readFileSync(join(checkout, 'docs/own-modules.md'), 'utf8')) ?? []
  writeFileSync(join(folder, 'plugins/modules/release.js'), shown)
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true }))

const play = (args: string, ...flags: readonly string[]): { status: number | null; stdout: string; stderr: string } => {
  const playbook = join(folder, 'site.yml')
  const head = '- hosts: all\n  connection: local\n  gather_facts: false\n  tasks:\n'
  writeFileSync(playbook, `${head}    - release: {${args}}\n`)
  const command = [join(checkout, 'bin/lifeboat.js'), 'play', playbook, '-i', 'here,', ...flags]
  return spawnSync(process.execPath, command, { encoding: 'utf8', env: { ...process.env, LIFEBOAT_HOME: folder } })
}

test('the module of the documentation is predicted, changes, and then finds nothing to do', () => {
  const link = join(folder, 'current release')
  const args = `link: "${link}", to: "/srv/app 2.1"`
  expect(play(args, '--check').stdout).toContain("link: '' → /srv/app 2.1")
  expect(() => readlinkSync(link)).toThrow('ENOENT')
  expect(play(args).stdout).toContain('here : ok=1 changed=1')
  expect(readlinkSync(link)).toBe('/srv/app 2.1')
  expect(play(args).stdout).toContain('here : ok=1 changed=0')
})

test('its parameters are checked as those of any module', () => {
  expect(play('link: /tmp/x, too: /y')).toMatchObject({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(/release has no parameter "too"[\s\S]*did you mean "to"\?/),
  })
})
