import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSshd, type TestSshd } from '../host/ssh/sshd.ts'
import { Lifeboat } from './support/lifeboat.ts'

let sshd: TestSshd
let lifeboat: Lifeboat
let folder: string
beforeAll(async () => {
  sshd = await startSshd()
  lifeboat = new Lifeboat()
  folder = mkdtempSync(join(tmpdir(), 'lifeboat-output-'))
  const db1 = {
    ansible_host: '127.0.0.1',
    ansible_port: sshd.port,
    ansible_ssh_private_key_file: sshd.clientKey,
    ansible_ssh_common_args: '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null',
    ansible_async_dir: join(folder, 'jobs'),
  }
  writeFileSync(join(folder, 'hosts.json'), JSON.stringify({ all: { hosts: { db1 } } }))
  // Tells how much memory the process ever had, in megabytes.
  writeFileSync(
    join(folder, 'peak.mjs'),
    `import { writeFileSync } from 'node:fs'
process.on('exit', () => writeFileSync('${join(folder, 'peak')}', String(process.resourceUsage().maxRSS / 1024)))`,
  )
})
afterAll(async () => {
  lifeboat.close()
  rmSync(folder, { recursive: true })
  await sshd.stop()
})

const play = async (tasks: string): Promise<{ stdout: string; status: number | null; peak: number }> => {
  writeFileSync(join(folder, 'site.yml'), `- hosts: all\n  gather_facts: false\n  tasks:\n${tasks}`)
  const args = ['play', join(folder, 'site.yml'), '-i', join(folder, 'hosts.json')]
  const env = { NODE_OPTIONS: `--import=${join(folder, 'peak.mjs')}`, TMPDIR: folder }
  const { stdout, status } = await lifeboat.run(args, { env })
  return { stdout, status, peak: Number(readFileSync(join(folder, 'peak'), 'utf8')) }
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
