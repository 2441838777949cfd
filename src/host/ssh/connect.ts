import type { Duplex, Readable } from 'node:stream'
import type { CipherAlgorithm, Client, ConnectConfig, KexAlgorithm, MacAlgorithm, ServerHostKeyAlgorithm } from 'ssh2'
import ssh2 from 'ssh2'
import { type Authentication, prepareAuthentication } from './authentication.ts'
import { Deadline } from './deadline.ts'
import type { Jump } from './jumps.ts'
import type { SshOptions } from './options.ts'
import { behindJump, openRoute } from './route.ts'
import type { Shared } from './shared.ts'
import { causeOf, closedError, handshakeError, unreachable } from './unreachable.ts'
import { checkHostKey, type HostKeyCheck } from './verify-host-key.ts'

/** Characters of what a server says first that are kept for messages. */
const GREETING_LIMIT = 300

/**
 * Connects and logs in: through the jump host, where there is one, and as often as the server drops it or wants a new
 * connection for the next keys.
 *
 * @throws host/unreachable, host/auth, host/unknown-host-key, host/changed-host-key, host/revoked-host-key
 */
export const connect = async (options: SshOptions, shared: Shared): Promise<Client> => {
  const jump = await takeJump(options, shared)
  const deadline = new Deadline(options.connectTimeout)
  try {
    const authentication = await prepareAuthentication(options, shared, deadline)
    for (;;) {
      const client = await shared.doors.pass(options, () => logIn(options, shared, jump, authentication, deadline))
      if (client === 'again') continue
      if (jump) client.on('close', () => jump.release())
      return client
    }
  } catch (error) {
    jump?.release()
    throw error
  }
}

/** Before the doors: a host behind a jump host must not take the place that its jump host needs. */
const takeJump = async (options: SshOptions, shared: Shared): Promise<Jump | undefined> => {
  if (options.route?.kind !== 'jump') return undefined
  const { through } = options.route
  try {
    return await shared.jumps.take(through)
  } catch (error) {
    throw behindJump(options, through, error)
  }
}

/** Logs in on one connection; `again` where the host hung up and there is more to be tried on another one. */
const logIn = async (
  options: SshOptions,
  { knownHosts }: Shared,
  jump: Jump | undefined,
  authentication: Authentication,
  deadline: Deadline,
): Promise<Client | 'again'> => {
  const hostKey = await checkHostKey(options, knownHosts)
  deadline.start()
  const client = new ssh2.Client()
  const route = await openRoute(options, jump, deadline).finally(() => deadline.stop())
  try {
    await new Promise<void>((resolve, reject) => {
      let greeting = ''
      route.socket.once('data', (chunk: Buffer) => {
        greeting = chunk.toString('latin1', 0, GREETING_LIMIT)
      })
      deadline.onLate(() => {
        reject(unreachable(options, 'timeout', `the ssh handshake did not end within ${deadline.seconds}s`))
      })
      client.on('ready', resolve)
      client.on('error', (error: Error & { level?: string }) => {
        // One key of the agent that cannot sign is no reason to stop: the next is tried.
        if (error.level === 'agent') return
        if (/too many authentication failures/i.test(error.message)) reject(new TooManyFailures())
        else if (error.level === 'client-authentication') reject(authentication.failure())
        else reject(hostKey.refusal() ?? handshakeError(options, error, greeting))
      })
      client.on('close', () => reject(hostKey.refusal() ?? closedError(options, greeting)))
      client.connect(configOf(options, route.socket, hostKey, authentication))
    })
    authentication.succeeded()
    return client
  } catch (error) {
    const failure = causeOf(error) === undefined ? undefined : await route.failure()
    client.destroy()
    route.socket.destroy()
    if (!(error instanceof TooManyFailures)) throw failure ?? error
    if (authentication.goesOn()) return 'again'
    throw authentication.failure()
  } finally {
    deadline.stop()
  }
}

/** The host hung up since it saw too many keys. */
class TooManyFailures extends Error {}

const configOf = (
  options: SshOptions,
  sock: Duplex,
  hostKey: HostKeyCheck,
  authentication: Authentication,
): ConnectConfig => {
  const { kex, cipher, mac } = options.algorithms ?? {}
  return {
    sock: sock as Readable,
    username: options.user,
    // The deadline is ours: it waits for people.
    readyTimeout: 0,
    keepaliveInterval: options.keepaliveInterval * 1000,
    keepaliveCountMax: options.keepaliveCountMax ?? 3,
    algorithms: {
      serverHostKey: hostKey.algorithms as ServerHostKeyAlgorithm[],
      ...(kex ? { kex: kex as KexAlgorithm[] } : {}),
      ...(cipher ? { cipher: cipher as CipherAlgorithm[] } : {}),
      ...(mac ? { hmac: mac as MacAlgorithm[] } : {}),
    },
    hostVerifier: (key: Buffer, answer: (trusted: boolean) => void) => hostKey.verify(key, answer),
    // `false` ends the login; the types of ssh2 leave it out.
    authHandler: (offered, _partial, next) =>
      next(authentication.next(offered, hostKey.isDoubtful()) || (false as never)),
  }
}
