import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lifeboat-cli-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Starts a play of one host, this machine, with these tasks. */
const start = (tasks: string): ReturnType<typeof spawn> => {
  writeFileSync(join(folder, 'site.yml'), `- hosts: all\n  gather_facts: false\n  tasks:\n${tasks}`)
  const args = [
    '--import',
    'tsx',
    main,
    'play',
    join(folder, 'site.yml'),
    '-i',
    'here,',
    '-e',
    'ansible_connection=local',
  ]
  const env = { ...process.env, LIFEBOAT_HOME: folder }
  return spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
}

test('a reader that goes away does not end the run', async () => {
  const child = start(`
    - command: sleep 1
    - debug: msg="nobody reads this"
    - debug: msg="nor that"
    - file: path=${folder}/done state=touch
`)
  child.stdout?.destroy()
  const [status] = await once(child, 'exit')
  expect(status).toBe(0)
  expect(existsSync(join(folder, 'done'))).toBe(true)
})

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s stops what runs on the hosts', async (signal) => {
  const child = start(`    - shell: echo $$ > ${folder}/pid; sleep 60; echo\n`)
  await vi.waitFor(() => expect(readFileSync(join(folder, 'pid'), 'utf8')).toMatch(/\d\n/), { timeout: 20_000 })
  const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'))
  child.kill(signal)
  const [status] = await once(child, 'exit')
  expect(status).toBe(99)
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), { timeout: 5000 })
})

test('an interrupt ends the wait between two attempts', async () => {
  const child = start(`    - shell: echo $$ > ${folder}/pid; exit 1
      register: out
      until: out.rc == 0
      retries: 3
      delay: 600
`)
  await vi.waitFor(() => expect(existsSync(join(folder, 'pid'))).toBe(true), { timeout: 20_000 })
  await new Promise((resolve) => setTimeout(resolve, 500))
  child.kill('SIGINT')
  const [status] = await once(child, 'exit')
  expect(status).toBe(99)
})
