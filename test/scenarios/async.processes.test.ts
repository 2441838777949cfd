import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { appear, nap } from '../host/session/alive.ts'
import { startRelay } from '../host/ssh/relay.ts'
import { isRoot, startSshd, type TestSshd } from '../host/ssh/sshd.ts'
import { Lifeboat, type Running } from './support/lifeboat.ts'
import { reachedBy, writeOneHost } from './support/one-host.ts'

let sshd: TestSshd
let lifeboat: Lifeboat
let folder: string
let inventory: string
beforeAll(async () => {
  sshd = await startSshd(isRoot ? [{ name: 'asked', sudo: 'ALL=(ALL) ALL', password: 'open sesame' }] : [])
  lifeboat = new Lifeboat()
  folder = mkdtempSync(join(tmpdir(), 'lifeboat-async-'))
  const become = isRoot ? { ansible_user: 'asked', ansible_become: true, ansible_become_password: 'open sesame' } : {}
  const db1 = {
    ...reachedBy(sshd),
    ansible_async_dir: join(folder, 'jobs'),
    ...become,
  }
  inventory = writeOneHost(folder, db1)
})
afterAll(async () => {
  lifeboat.close()
  rmSync(folder, { recursive: true })
  await sshd.stop()
})

const start = (tasks: string, ...more: string[]): Running => {
  const playbook = join(folder, `${Math.random()}.yml`)
  writeFileSync(playbook, `- hosts: all\n  gather_facts: false\n  tasks:\n${tasks}`)
  return lifeboat.start(['play', playbook, '-i', inventory, ...more])
}

const ASK = `    - async_status:
        jid: "{{ jid }}"
      register: job
      until: job is finished
      retries: 100
      delay: 0.3
    - debug:
        msg: "it said {{ job.stdout }}, {{ job.rc }}"
`

test('the connection may drop and come back while a task runs on its own', async () => {
  const relay = await startRelay(sshd.port)
  const sleep = nap(4)
  const running = start(
    `    - name: long
      shell: ${sleep}; echo through
      async: 60
      poll: 1
      register: long
    - debug:
        msg: "it said {{ long.stdout }}"
`,
    '-e',
    `ansible_port=${relay.port}`,
  )
  await appear(sleep)
  // The word that it was begun is on its way yet.
  await wait(700)
  await relay.close()
  await wait(2500)
  const again = await startRelay(sshd.port, relay.port)
  const { status, stdout } = await running.outcome
  expect(stdout).toContain('it said through')
  expect(stdout).toMatch(/warning\s+db1: .*refused.*; the task goes on there, and is looked at again/)
  expect(status).toBe(0)
  expect(readdirSync(join(folder, 'jobs'))).toEqual([])
  await again.close()
})

test('a task that is on its own outlives lifeboat, and any later run can ask for it', async () => {
  const begun = start(`    - shell: sleep 2; echo done; exit 0
      async: 60
      poll: 0
      register: job
    - debug:
        msg: "jid={{ job.ansible_job_id }}."
`)
  const { stdout } = await begun.outcome
  const jid = /jid=(j[\d.]+)\./.exec(stdout)?.[1] ?? ''
  expect(jid).not.toBe('')
  const asked = await start(ASK, '-e', `jid=${jid}`).outcome
  expect(asked.stdout).toContain('it said done, 0')
  expect(asked.status).toBe(0)
})

test('a task that is waited for outlives lifeboat too', async () => {
  const sleep = nap(2)
  const running = start(`    - shell: ${sleep}; touch ${folder}/done
      async: 60
      poll: 1
`)
  await appear(sleep)
  running.child.kill('SIGKILL')
  await vi.waitFor(() => expect(existsSync(join(folder, 'done'))).toBe(true), { timeout: 8000 })
})

test('an interrupt leaves it to the host, and says how to ask for it', async () => {
  const sleep = nap(3)
  const running = start(`    - shell: ${sleep}; echo later\n      async: 60\n      poll: 1\n`)
  await appear(sleep)
  running.child.kill('SIGINT')
  const { status, stdout } = await running.outcome
  expect(status).toBe(99)
  const [, jid] = /nobody waits any more for job (j[\d.]+), which goes on on the host/.exec(stdout) ?? []
  expect(stdout).toContain(`hint: async_status with "jid: ${jid}" tells how it went`)
  expect((await start(ASK, '-e', `jid=${jid}`).outcome).stdout).toContain('it said later, 0')
})
