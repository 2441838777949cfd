import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Doors } from '../../../src/host/ssh/doors.ts'
import type { SshOptions } from '../../../src/host/ssh/options.ts'
import { type Cause, unreachable } from '../../../src/host/ssh/unreachable.ts'

const host = (changes: Partial<SshOptions> = {}): SshOptions => ({
  name: 'db1',
  address: '10.0.0.1',
  port: 22,
  user: 'me',
  knownHostsFiles: [],
  strictHostKeyChecking: 'yes',
  connectTimeout: 1,
  keepaliveInterval: 15,
  ...changes,
})

/** Logins that count how many of them are under way. */
const counted = (): { most: number; login: () => Promise<void> } => {
  let now = 0
  const count = {
    most: 0,
    async login() {
      count.most = Math.max(count.most, ++now)
      await sleep(5)
      now--
    },
  }
  return count
}

/** A login that fails so often, then succeeds. */
const failing = (cause: Cause, times: number): { tries: number; login: () => Promise<string> } => {
  const state = {
    tries: 0,
    async login() {
      if (++state.tries <= times) throw unreachable(host(), cause, 'because')
      return 'in'
    },
  }
  return state
}

describe('Doors', () => {
  it('lets eight at a time to one server, and 64 at all', async () => {
    const doors = new Doors()
    const one = counted()
    await Promise.all(Array.from({ length: 40 }, () => doors.pass(host(), one.login)))
    expect(one.most).toBe(8)
    const all = counted()
    const hosts = Array.from({ length: 200 }, (_, index) => host({ address: `10.0.1.${index}` }))
    await Promise.all(hosts.map((each) => doors.pass(each, all.login)))
    expect(all.most).toBe(64)
  })

  it('takes all proxy programs for one server', async () => {
    const doors = new Doors()
    const count = counted()
    const hosts = Array.from({ length: 30 }, (_, index) =>
      host({ address: `10.0.1.${index}`, route: { kind: 'command', command: `ssh -W 10.0.1.${index}:22 gate` } }),
    )
    await Promise.all(hosts.map((each) => doors.pass(each, count.login)))
    expect(count.most).toBe(8)
  })

  it('sends back those that the server dropped, after a while', async () => {
    const login = failing('dropped', 2)
    const before = performance.now()
    expect(await new Doors().pass(host(), login.login)).toBe('in')
    expect(login.tries).toBe(3)
    expect(performance.now() - before).toBeGreaterThan(150)
  })

  it.each(['refused', 'timeout', 'name', 'route', 'reset', 'penalty', 'handshake', 'proxy'] as const)(
    'does not insist where the cause is: %s',
    async (cause) => {
      const login = failing(cause, 1)
      await expect(new Doors().pass(host(), login.login)).rejects.toMatchObject({ data: { cause } })
      expect(login.tries).toBe(1)
    },
  )

  it('tries as often as ConnectionAttempts says', async () => {
    const login = failing('refused', 1)
    expect(await new Doors().pass(host({ connectionAttempts: 2 }), login.login)).toBe('in')
    await expect(new Doors().pass(host({ connectionAttempts: 2 }), failing('penalty', 1).login)).rejects.toThrow(
      'because',
    )
  })
})
