import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { LifeboatError } from '../../../src/base/errors.ts'
import type { Become, Connection, Session } from '../../../src/host/connection.ts'
import { sshConnection } from '../../../src/host/ssh/connection.ts'
import { appear, nap, vanish } from '../session/alive.ts'
import { type Relay, startRelay } from './relay.ts'
import { isRoot, startSshd, type TestSshd } from './sshd.ts'

let sshd: TestSshd
let relay: Relay
let connection: Connection
beforeAll(async () => {
  sshd = await startSshd(
    isRoot
      ? [
          { name: 'admin', sudo: 'ALL=(ALL) NOPASSWD: ALL' },
          { name: 'asked', sudo: 'ALL=(ALL) ALL', password: 'open sesame' },
          { name: 'fishy', sudo: 'ALL=(ALL) NOPASSWD: ALL', shell: '/usr/bin/fish' },
        ]
      : [],
  )
})
afterAll(() => sshd.stop())
afterEach(async () => {
  await connection.close()
  await relay.close()
})

const open = async (user?: string): Promise<(become?: Become) => Promise<Session>> => {
  relay = await startRelay(sshd.port)
  const own = { port: relay.port, strictHostKeyChecking: 'no' as const, keepaliveInterval: 1 }
  connection = sshConnection(sshd.options(user === undefined ? own : { ...own, user }))
  return (become) => connection.session(become)
}

/** Two scripts that run: one of the session, one on a channel of its own. */
const start = async (session: Session, sleep: string): Promise<Promise<LifeboatError>[]> => {
  const failure = (work: Promise<unknown>): Promise<LifeboatError> =>
    work.then(
      () => new Error('it did not fail') as LifeboatError,
      (error: unknown) => error as LifeboatError,
    )
  const process = await session.start(`${sleep}; :`)
  process.stdout.resume()
  process.stderr.resume()
  process.stdin.end()
  return [failure(session.run(`${sleep} & timeout 100 ${sleep}; :`)), failure(process.ended)]
}

const WAYS: [string, string | undefined, Become | undefined][] = [['the login user', undefined, undefined]]
if (isRoot) {
  WAYS.push(
    ['sudo to root', 'admin', { user: 'root', method: 'sudo' }],
    ['sudo to another user', 'admin', { user: 'asked', method: 'sudo' }],
    ['sudo with a password', 'asked', { user: 'root', method: 'sudo', password: 'open sesame' }],
    ['sudo from fish', 'fishy', { user: 'asked', method: 'sudo' }],
    ['su', 'admin', { user: 'asked', method: 'su', password: 'open sesame' }],
  )
}

describe.each(WAYS)('scripts of %s', (_, user, become) => {
  it('end on the host when the connection does', async () => {
    const session = await (await open(user))(become)
    const sleep = nap()
    const failures = await start(session, sleep)
    await appear(sleep, 3)
    relay.reset()
    await vanish(sleep)
    for (const failure of failures) expect((await failure).code).toBe('host/lost')
  })
})

describe('a network that is cut', () => {
  it.each(WAYS.slice(0, 2))('is noticed on both sides, for scripts of %s', async (_, user, become) => {
    const session = await (await open(user))(become)
    const sleep = nap()
    const failures = await start(session, sleep)
    await appear(sleep, 3)
    // The first sign of life comes once a script has run for half a second.
    await new Promise((resolve) => setTimeout(resolve, 700))
    relay.cut()
    const before = Date.now()
    for (const failure of failures) {
      expect(await failure).toMatchObject({
        code: 'host/lost',
        message: expect.stringMatching(
          /^the connection to db1 broke while a script ran as \w+: it gave no sign of life any more$/,
        ),
      })
    }
    expect(Date.now() - before).toBeLessThan(8000)
    await vanish(sleep, 10_000)
  })

  it('that holds ends neither a script that goes on nor a session that waits', async () => {
    const session = await (await open())()
    await expect(session.run('sleep 5; echo through')).resolves.toMatchObject({ stdout: 'through\n' })
    // Between scripts none are given.
    await new Promise((resolve) => setTimeout(resolve, 5000))
    expect((await session.run('echo next')).stdout).toBe('next\n')
  })
})
