import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Connection, Session } from '../../../src/host/connection.ts'
import type { Channel } from '../../../src/host/session/channel.ts'
import { connectionOver } from '../../../src/host/session/connection-over.ts'
import { alive, appear, nap, vanish } from './alive.ts'
import { shellTransport } from './shell-transport.ts'

const SHELLS = ['dash', 'busybox sh', 'bash', 'bash --posix'].filter((shell) =>
  existsSync(`/usr/bin/${shell.split(' ')[0]}`),
)

const cleanUp: (() => void)[] = []
afterEach(() => {
  for (const clean of cleanUp.splice(0)) clean()
})

/** A session whose connection can be lost as when the controller is killed: every stream closes, nothing is said. */
const open = async (shell: string): Promise<{ session: Session; connection: Connection; lose(): void }> => {
  const channels: Channel[] = []
  const real = shellTransport(shell)
  const transport = {
    ...real,
    open: async (...all: Parameters<typeof real.open>) => {
      const channel = await real.open(...all)
      channels.push(channel)
      return channel
    },
  }
  const connection = connectionOver({ address: 'local', transport, async close() {} })
  const lose = (): void => {
    for (const channel of channels) channel.destroy()
  }
  cleanUp.push(lose)
  return { session: await connection.session(), connection, lose }
}

describe.each(SHELLS)('a lost controller of a session whose shell is %s', (shell) => {
  it('leaves nothing of the script that ran, whatever group it is in', async () => {
    const { session, lose } = await open(shell)
    const sleep = nap()
    session.run(`${sleep} & sh -c "${sleep}; :" & timeout 100 ${sleep} & timeout 100 ${sleep}; :`).catch(() => {})
    await appear(sleep, 4)
    lose()
    await vanish(sleep)
  })

  it('leaves nothing of scripts on channels of their own, with or without input', async () => {
    const { session, lose } = await open(shell)
    const sleep = nap()
    for (let turn = 0; turn < 3; turn++) {
      const process = await session.start(`${sleep} & ${sleep}; echo never`)
      process.stdout.resume()
      process.stderr.resume()
      if (turn === 0) process.stdin.end()
    }
    await appear(sleep, 6)
    lose()
    await vanish(sleep)
  })

  it('lets live on what was meant to', async () => {
    const { session, lose } = await open(shell)
    const [sleep, hup, daemon, before] = [nap(), nap(), nap(), nap()]
    await session.run(`${before} &`)
    session.run(`nohup ${hup} >/dev/null 2>&1 & setsid ${daemon} & ${sleep}; :`).catch(() => {})
    for (const words of [sleep, hup, daemon]) await appear(words)
    lose()
    await vanish(sleep)
    for (const words of [hup, daemon, before]) {
      expect(alive(words)).toHaveLength(1)
      for (const pid of alive(words)) process.kill(pid)
    }
  })

  it('lets a script clean up', async () => {
    const { session, lose } = await open(shell)
    const [sleep, cleaning] = [nap(), nap()]
    session.run(`trap '${cleaning} & wait; exit' TERM; ${sleep} & wait`).catch(() => {})
    await appear(sleep)
    lose()
    await appear(cleaning)
    for (const pid of alive(cleaning)) process.kill(pid)
    await vanish(sleep)
  })
})

describe('a lost controller', () => {
  it('kills what does not go', { timeout: 30_000 }, async () => {
    const { session, lose } = await open('dash')
    const sleep = nap()
    const stubborn = `trap "" TERM; while :; do ${sleep}; done`
    session.run(stubborn).catch(() => {})
    const process = await session.start(stubborn)
    process.stdout.resume()
    process.stderr.resume()
    await appear(sleep, 2)
    lose()
    await vi.waitFor(() => expect(alive(sleep)).toEqual([]), { timeout: 15_000 })
  })

  it('leaves no shell behind', async () => {
    const { session, connection, lose } = await open('dash')
    const sleep = nap()
    const group = Number((await session.run('echo $$')).stdout)
    const left = (): string =>
      execFileSync('ps', ['-A', '-o', 'sess=,stat=,args='])
        .toString()
        .split('\n')
        .filter((line) => !/ Z/.test(line) && pumps.some((id) => line.trim().startsWith(`${id} `)))
        .join('\n')
    const pumps = [Number((await session.run('ps -o sess= -p $PPID')).stdout)]
    expect(group).toBeGreaterThan(0)
    expect(left()).toContain('cat')
    session.run(sleep).catch(() => {})
    await appear(sleep)
    lose()
    await vi.waitFor(() => expect(left()).toBe(''), { timeout: 4000 })
    await connection.close()
  })
})

describe('a keeper that is replaced', () => {
  it('does not hang up the processes of its session', async () => {
    const { session, connection } = await open('dash')
    const [sleep, lingering] = [nap(), nap()]
    const process = await session.start(`${sleep}; :`)
    process.stdout.resume()
    process.stderr.resume()
    await session.run(`${lingering} &`)
    expect((await session.run('echo next')).stdout).toBe('next\n')
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(alive(sleep)).toHaveLength(1)
    await connection.close()
    expect(alive(sleep)).toEqual([])
    for (const pid of alive(lingering)) globalThis.process.kill(pid)
  })
})
