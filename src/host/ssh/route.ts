import { connect as connectSocket, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Client } from 'ssh2'
import { LifeboatError } from '../../base/errors.ts'
import type { Deadline } from './deadline.ts'
import type { Jump } from './jumps.ts'
import type { SshOptions } from './options.ts'
import { startProxy } from './proxy-command.ts'
import { socketError, unreachable } from './unreachable.ts'

/** Bytes to the ssh server of a host and back, over whatever leads there. */
export interface OpenRoute {
  readonly socket: Duplex
  /** What the route itself says about its end. */
  failure(): Promise<LifeboatError | undefined>
}

/** Opens the way to a host. The jump host, where it is behind one, is given: it has been reached already. */
export const openRoute = async (
  options: SshOptions,
  jump: Jump | undefined,
  deadline: Deadline,
): Promise<OpenRoute> => {
  if (jump) return { socket: await forward(jump.client, options, deadline), failure: async () => undefined }
  if (options.route?.kind === 'command') return startProxy(options, options.route.command)
  return { socket: await openSocket(options, deadline), failure: async () => undefined }
}

/** Without Nagle's algorithm: it makes a command take 48 ms instead of 6. */
const openSocket = (options: SshOptions, deadline: Deadline): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const { address, port, family, localAddress } = options
    const socket = connectSocket({
      host: address,
      port,
      noDelay: true,
      keepAlive: true,
      ...(family === undefined ? {} : { family }),
      ...(localAddress === undefined ? {} : { localAddress }),
    })
    deadline.onLate(() => {
      socket.destroy()
      reject(unreachable(options, 'timeout', `no answer within ${deadline.seconds}s`))
    })
    const fail = (error: NodeJS.ErrnoException): void => reject(socketError(options, error))
    socket.once('error', fail)
    socket.once('connect', () => {
      socket.off('error', fail)
      resolve(socket)
    })
  })

/** A channel of the jump host's connection, which ends at the port of the host behind it. */
const forward = (client: Client, options: SshOptions, deadline: Deadline): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    deadline.onLate(() => reject(unreachable(options, 'timeout', `no answer within ${deadline.seconds}s`)))
    try {
      client.forwardOut('127.0.0.1', 0, options.address, options.port, (error, stream) => {
        if (error) reject(forwardError(options, error))
        else resolve(stream)
      })
    } catch (error) {
      reject(unreachable(options, 'reset', error instanceof Error ? error.message : String(error)))
    }
  })

/** SSH_OPEN_ADMINISTRATIVELY_PROHIBITED */
const PROHIBITED = 1

const forwardError = (options: SshOptions, error: Error & { reason?: number | string }): LifeboatError => {
  const why = error.message.replace(/^\(SSH\) Channel open failure: /, '')
  if (error.reason === PROHIBITED) {
    return unreachable(options, 'route', `the jump host does not forward to it: ${why}`, [
      'see AllowTcpForwarding and PermitOpen in the sshd_config of the jump host',
    ])
  }
  if (/refused/i.test(why))
    return unreachable(options, 'refused', 'the connection was refused: nothing listens on the port')
  if (/timed out/i.test(why)) return unreachable(options, 'timeout', 'no answer')
  if (/resol|name or service/i.test(why))
    return unreachable(options, 'name', `${options.address} does not resolve there`)
  return unreachable(options, 'route', why)
}

/** What kept a jump host from being reached, as it concerns a host behind it. */
export const behindJump = (options: SshOptions, through: SshOptions, error: unknown): unknown =>
  error instanceof LifeboatError
    ? new LifeboatError(error.code, `${options.name} is reached through ${through.name}, but ${error.message}`, {
        hints: error.hints,
        data: error.data,
        cause: error,
      })
    : error
