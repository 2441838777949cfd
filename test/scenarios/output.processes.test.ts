import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSshd, type TestSshd } from '../host/ssh/sshd.ts'
import { Lifeboat } from './support/lifeboat.ts'
import { peakMemory, reachedBy, writeOneHost } from './support/one-host.ts'

let sshd: TestSshd
let lifeboat: Lifeboat
let folder: string
let inventory: string
let memory: ReturnType<typeof peakMemory>
beforeAll(async () => {
  sshd = await startSshd()
  lifeboat = new Lifeboat()
  folder = mkdtempSync(join(tmpdir(), 'lifeboat-output-'))
  const db1 = {
    ...reachedBy(sshd),
    ansible_async_dir: join(folder, 'jobs'),
  }
  inventory = writeOneHost(folder, db1)
  memory = peakMemory(folder)
})
afterAll(async () => {
  lifeboat.close()
  rmSync(folder, { recursive: true })
  await sshd.stop()
})

const play = async (tasks: string): Promise<{ stdout: string; status: number | null; peak: number }> => {
  writeFileSync(join(folder, 'site.yml'), `- hosts: all\n  gather_facts: false\n  tasks:\n${tasks}`)
  const args = ['play', join(folder, 'site.yml'), '-i', inventory]
  const env = { NODE_OPTIONS: memory.nodeOptions, TMPDIR: folder }
  const { stdout, status } = await lifeboat.run(args, { env })
  return { stdout, status, peak: memory.megabytes() }
}

test.each([
  ['a task', ''],
  ['a task on its own', '      async: 60\n      poll: 1\n'],
])('much output of %s is not held in memory, and said to be cut', async (_, more) => {
  const { stdout, status, peak } = await play(`
    - shell: echo first; echo other >&2; seq 1000000 40000000 | head -c 120000000; echo; echo last
${more}      register: out
    - assert:
        that:
          - out.stdout_lines[0] == "first" and out.stdout_lines[1] == "1000000" and out.stdout_lines[-1] == "last"
          - out.stdout | length < 4200000 and out.stdout_left_out > 110000000
          - out.stderr == "other" and out.stderr_left_out is undefined
`)
  expect(stdout).toContain('the result keeps 4.00 MB of 114 MB of stdout: its beginning and its end')
  expect(status).toBe(0)
  // All of it in memory would be much more than its size, as bytes, as text and as lines.
  expect(peak).toBeLessThan(400)
})

test('bytes that are no text, and a last line without its end', async () => {
  const { status } = await play(`
    - shell: printf 'a\\000b\\377\\303\\251\\nno end'; printf 'err\\376' >&2
      register: out
    - assert:
        that:
          - out.stdout == "a\\0b\\uFFFDé\\nno end"
          - out.stdout_lines == ["a\\0b\\uFFFDé", "no end"]
          - out.stderr == "err\\uFFFD"
`)
  expect(status).toBe(0)
})
