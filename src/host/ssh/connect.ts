import { connect as connectSocket, type Socket } from 'node:net'
import type { Client } from 'ssh2'
import ssh2 from 'ssh2'
import { LifeboatError } from '../../base/errors.ts'
import { prepareAuthentication } from './authentication.ts'
import { formatAddress, type SshOptions } from './options.ts'
import { checkHostKey } from './verify-host-key.ts'

/**
 * Connects and logs in.
 *
 * @throws host/unreachable, host/auth, host/unknown-host-key, host/changed-host-key, host/revoked-host-key
 */
export const connect = async (options: SshOptions): Promise<Client> => {
  const deadline = Date.now() + options.connectTimeout * 1000
  const [hostKey, authentication] = await Promise.all([checkHostKey(options), prepareAuthentication(options)])
  const socket = await openSocket(options)
  const client = new ssh2.Client()
  await new Promise<void>((resolve, reject) => {
    client.on('ready', resolve)
    client.on('error', (error: Error & { level?: string }) => {
      // One key of the agent that cannot sign is no reason to stop: the next is tried.
      if (error.level === 'agent') return
      socket.destroy()
      if (error.level === 'client-authentication' || /too many authentication failures/i.test(error.message)) {
        reject(authentication.failure())
      } else {
        reject(hostKey.refusal() ?? unreachable(options, explainHandshake(error, options)))
      }
    })
    client.on('close', () => reject(hostKey.refusal() ?? unreachable(options, 'it closed the connection')))
    client.connect({
      sock: socket,
      username: options.user,
      readyTimeout: Math.max(1000, deadline - Date.now()),
      keepaliveInterval: options.keepaliveInterval * 1000,
      keepaliveCountMax: 3,
      algorithms: { serverHostKey: hostKey.algorithms },
      hostVerifier: (key: Buffer, answer: (trusted: boolean) => void) => hostKey.verify(key, answer),
      // `false` ends the login; the types of ssh2 leave it out.
      authHandler: (offered, _partial, next) => next(authentication.next(offered) || (false as never)),
    })
  })
  return client
}

/** Without Nagle's algorithm: it makes a command take 48 ms instead of 6. */
const openSocket = (options: SshOptions): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connectSocket({ host: options.address, port: options.port, noDelay: true, keepAlive: true })
    const timer = setTimeout(() => {
      socket.destroy()
      reject(unreachable(options, `no answer within ${options.connectTimeout}s`))
    }, options.connectTimeout * 1000)
    const fail = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer)
      reject(unreachable(options, explainSocket(error, options)))
    }
    socket.once('error', fail)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', fail)
      resolve(socket)
    })
  })

const unreachable = (options: SshOptions, why: string): LifeboatError =>
  new LifeboatError('host/unreachable', `${options.name} (${formatAddress(options)}) cannot be reached: ${why}`)

const explainSocket = (
  error: NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] },
  options: SshOptions,
): string => {
  const code = error.code ?? error.errors?.[0]?.code ?? ''
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'the connection was refused: nothing listens on the port',
    ENOTFOUND: `the name ${options.address} does not resolve`,
    EAI_AGAIN: `the name ${options.address} cannot be resolved now: the name server gives no answer`,
    EHOSTUNREACH: 'there is no route to it',
    ENETUNREACH: 'its network is unreachable',
    ETIMEDOUT: 'no answer',
    ECONNRESET: 'it reset the connection',
  }
  return known[code] ?? error.message
}

const explainHandshake = (error: Error & { code?: string; level?: string }, options: SshOptions): string => {
  if (error.level === 'client-timeout') return `the ssh handshake did not end within ${options.connectTimeout}s`
  if (error.code === 'ECONNRESET') return 'it reset the connection during the ssh handshake (MaxStartups of sshd?)'
  if (error.level === 'protocol' && /handshake/.test(error.message))
    return 'it closed the connection during the handshake'
  return `the ssh handshake failed: ${error.message}`
}
