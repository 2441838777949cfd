import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { isRoot, startSshd, type TestSshd } from '../host/ssh/sshd.ts'
import { Lifeboat, type Running } from './support/lifeboat.ts'
import { peakMemory, reachedBy, writeOneHost } from './support/one-host.ts'

const SIZE = 150_000_000

let sshd: TestSshd
let lifeboat: Lifeboat
let folder: string
let inventory: string
let memory: ReturnType<typeof peakMemory>
beforeAll(async () => {
  sshd = await startSshd(
    isRoot
      ? [
          { name: 'admin', sudo: 'ALL=(ALL) NOPASSWD: ALL' },
          { name: 'owner', password: 'unused words' },
        ]
      : [],
  )
  lifeboat = new Lifeboat()
  folder = mkdtempSync(join(tmpdir(), 'lifeboat-files-'))
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'host'))
  chmodSync(join(folder, 'host'), 0o777)
  const file = openSync(join(folder, 'large'), 'w')
  const part = randomBytes(1_000_000)
  for (let at = 0; at < SIZE; at += part.length) writeSync(file, part)
  closeSync(file)
  const db1 = {
    ...reachedBy(sshd),
    ...(isRoot ? { ansible_user: 'admin', ansible_become: true, ansible_become_user: 'owner' } : {}),
  }
  inventory = writeOneHost(folder, db1)
  memory = peakMemory(folder)
})
afterAll(async () => {
  lifeboat.close()
  rmSync(folder, { recursive: true })
  await sshd.stop()
})

const start = (tasks: string): Running => {
  writeFileSync(join(folder, 'site.yml'), `- hosts: all\n  gather_facts: false\n  tasks:\n${tasks}`)
  const args = ['play', join(folder, 'site.yml'), '-i', inventory]
  return lifeboat.start(args, { env: { NODE_OPTIONS: memory.nodeOptions, TMPDIR: folder } })
}

const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

describe('a file of 150 MB', () => {
  test('is copied and fetched without being held in memory, as a user that the login is not', async () => {
    const to = join(folder, 'host', 'large')
    // Whoever is not the owner must never be able to read what is being written.
    const modes = new Set<number>()
    const look = setInterval(() => {
      for (const name of readdirSync(join(folder, 'host'))) {
        if (name === 'large') continue
        const found = statSync(join(folder, 'host', name), { throwIfNoEntry: false })
        if (found) modes.add(found.mode & 0o077)
      }
    }, 20)
    const { status, stdout } = await start(`
    - copy: {src: "${folder}/large", dest: "${to}", mode: "0640"}
    - fetch: {src: "${to}", dest: "${folder}/back", flat: true}
`).outcome
    clearInterval(look)
    expect(stdout).toContain('ok=2 changed=2')
    expect(status).toBe(0)
    expect(digest(join(folder, 'back'))).toBe(digest(join(folder, 'large')))
    expect((statSync(to).mode & 0o777).toString(8)).toBe('640')
    if (isRoot) expect(statSync(to).uid).toBe(64_101)
    expect(readdirSync(join(folder, 'host'))).toEqual(['large'])
    expect([...modes].filter((mode) => mode !== 0 && mode !== 0o040)).toEqual([])
    expect(modes.size).toBeGreaterThan(0)
    expect(memory.megabytes()).toBeLessThan(350)
    rmSync(to)
  })

  test.each(['SIGINT', 'SIGKILL'] as const)('leaves nothing behind when %s ends the copy', async (signal) => {
    const running = start(`    - copy: {src: "${folder}/large", dest: "${folder}/host/large"}\n`)
    const parts = (): string[] => readdirSync(join(folder, 'host'))
    const size = (): number => Math.max(0, ...parts().map((name) => statSync(join(folder, 'host', name)).size))
    await vi.waitFor(() => expect(size()).toBeGreaterThan(1_000_000), { timeout: 20_000, interval: 2 })
    running.child.kill(signal)
    await running.outcome
    await vi.waitFor(() => expect(parts()).toEqual([]), { timeout: 8000 })
    expect(existsSync(join(folder, 'host', 'large'))).toBe(false)
  })
})
