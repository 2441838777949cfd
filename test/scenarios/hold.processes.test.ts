import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alive, appear, nap, vanish } from '../host/session/alive.ts'
import { startRelay } from '../host/ssh/relay.ts'
import { isRoot, startSshd, type TestSshd } from '../host/ssh/sshd.ts'
import { Lifeboat, type Running } from './support/lifeboat.ts'
import { reachedBy, writeOneHost } from './support/one-host.ts'

let sshd: TestSshd
let lifeboat: Lifeboat
let folder: string
beforeAll(async () => {
  sshd = await startSshd(isRoot ? [{ name: 'asked', sudo: 'ALL=(ALL) ALL', password: 'open sesame' }] : [])
  lifeboat = new Lifeboat()
  folder = mkdtempSync(join(tmpdir(), 'lifeboat-hold-'))
})
afterAll(async () => {
  lifeboat.close()
  rmSync(folder, { recursive: true })
  await sshd.stop()
})

/** As the login user; as root also with a password for sudo. */
const WAYS = ['the login user', ...(isRoot ? ['sudo with a password'] : [])]

const start = (way: string, tasks: string, port = sshd.port): Running => {
  const become =
    way === 'the login user'
      ? {}
      : { ansible_user: 'asked', ansible_become: true, ansible_become_password: 'open sesame' }
  const variables = {
    ...reachedBy(sshd),
    ansible_port: port,
    ansible_ssh_extra_args: '-o ServerAliveInterval=1',
    ...become,
  }
  const inventory = writeOneHost(folder, variables)
  writeFileSync(join(folder, 'site.yml'), `- hosts: all\n  gather_facts: false\n  tasks:\n${tasks}`)
  return lifeboat.start(['play', join(folder, 'site.yml'), '-i', inventory])
}

describe.each(WAYS)('tasks of %s', (way) => {
  test('end on the host when lifeboat is killed', async () => {
    const sleep = nap()
    const running = start(way, `    - shell: ${sleep} & ${sleep}; echo never\n`)
    await appear(sleep, 2)
    running.child.kill('SIGKILL')
    await vanish(sleep)
  })

  test('end on the host when their timeout passes, and the next one runs', async () => {
    const sleep = nap()
    const { status, stdout } = await start(
      way,
      `    - name: too long
      shell: ${sleep} & ${sleep}; echo never
      timeout: 1
      register: late
      ignore_errors: true
    - wait_for:
        path: /nowhere/to/be/seen
      timeout: 1
      ignore_errors: true
    - command: echo next
      register: next
    - assert:
        that:
          - next.stdout == "next"
          - late.timedout.period == 1
          - late.msg == "the task did not end within 1.0s and was stopped"
          - late.error.code == "engine/timeout"
`,
    ).outcome
    expect(stdout).toContain('error[engine/timeout]: the task did not end within 1.0s and was stopped')
    expect(stdout).not.toContain('lifeboat/bug')
    expect(status).toBe(0)
    expect(alive(sleep)).toEqual([])
  })

  test('end on the host at an interrupt; a second one leaves at once', async () => {
    const sleep = nap()
    const running = start(way, `    - shell: trap "" TERM; while :; do ${sleep}; done\n`)
    await appear(sleep)
    running.child.kill('SIGINT')
    await wait(500)
    const before = Date.now()
    running.child.kill('SIGINT')
    const { status } = await running.outcome
    expect(status).toBe(99)
    expect(Date.now() - before).toBeLessThan(1500)
    await vanish(sleep, 10_000)
  })
})

test('a network that is cut is noticed, and the error names the task that may have half happened', async () => {
  const relay = await startRelay(sshd.port)
  const sleep = nap()
  const running = start('the login user', `    - name: load the data\n      command: ${sleep}\n`, relay.port)
  await appear(sleep)
  await wait(1000)
  relay.cut()
  const before = Date.now()
  const { status, stdout } = await running.outcome
  expect(Date.now() - before).toBeLessThan(12_000)
  expect(stdout).toMatch(
    /error\[host\/lost\]: the connection to db1 broke while a script ran as \w+: it gave no sign of life any more/,
  )
  expect(stdout).toContain(
    'hint: the task "load the data" may have happened on db1 wholly, in part, or not at all; run again to find out',
  )
  expect(status).toBe(4)
  await vanish(sleep, 10_000)
  await relay.close()
})

test('Ctrl-Z stops the controller alone', async () => {
  const sleep = nap()
  const running = start(
    'the login user',
    `    - command: sleep 7\n    - command: ${sleep.replace(/sleep 1/, 'echo 1')}\n`,
  )
  await appear('sleep 7')
  await wait(1000)
  running.child.kill('SIGTSTP')
  await wait(5500)
  expect(alive('sleep 7')).toHaveLength(1)
  running.child.kill('SIGCONT')
  const [status] = await once(running.child, 'close')
  expect(status).toBe(0)
})
