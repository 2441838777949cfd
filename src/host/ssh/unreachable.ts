import { LifeboatError } from '../../base/errors.ts'
import { formatAddress, type SshOptions } from './options.ts'

/** What kept a connection from coming about, for machines: `data.cause` of `host/unreachable`. */
export type Cause =
  /** The name does not resolve. */
  | 'name'
  /** Nothing listens on the port. */
  | 'refused'
  | 'timeout'
  /** There is no way to the network or the host. */
  | 'route'
  | 'reset'
  /** The ssh server hung up before the login, as it does when too many knock at once. */
  | 'dropped'
  /** The ssh server does not talk to this address for a while (PerSourcePenalties). */
  | 'penalty'
  /** The two sides found no algorithm in common, or what answers is no ssh server. */
  | 'handshake'
  /** The ProxyCommand failed. */
  | 'proxy'

/** What is said of a host that is not reached. */
export type Place = Pick<SshOptions, 'name' | 'address' | 'port' | 'route'>

/** The error of a host that no connection comes about with. */
export const unreachable = (
  options: Place,
  cause: Cause,
  why: string,
  hints: readonly string[] = [],
): LifeboatError => {
  const through = options.route?.kind === 'jump' ? ` through ${options.route.through.name}` : ''
  return new LifeboatError(
    'host/unreachable',
    `${options.name} (${formatAddress(options)}) cannot be reached${through}: ${why}`,
    { data: { cause }, hints },
  )
}

/** Why a connection failed before it was one; undefined for errors of another kind. */
export const causeOf = (error: unknown): Cause | undefined =>
  error instanceof LifeboatError && error.code === 'host/unreachable' ? (error.data.cause as Cause) : undefined

const KNOWN: Readonly<Record<string, readonly [Cause, string]>> = {
  ECONNREFUSED: ['refused', 'the connection was refused: nothing listens on the port'],
  EHOSTUNREACH: ['route', 'there is no route to it'],
  ENETUNREACH: ['route', 'its network is unreachable'],
  EADDRNOTAVAIL: ['route', 'the BindAddress is no address of this machine'],
  ETIMEDOUT: ['timeout', 'no answer'],
  ECONNRESET: ['reset', 'it reset the connection'],
}

/** What an error of a socket means. */
export const socketError = (
  options: SshOptions,
  error: NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] },
): LifeboatError => {
  const code = error.code ?? error.errors?.[0]?.code ?? ''
  const { address } = options
  if (code === 'ENOTFOUND') return unreachable(options, 'name', `the name ${address} does not resolve`)
  if (code === 'EAI_AGAIN') {
    return unreachable(options, 'name', `the name ${address} cannot be resolved now: the name server gives no answer`)
  }
  const [cause, why] = KNOWN[code] ?? ['route', error.message]
  return unreachable(options, cause, why)
}

/** What an error of the handshake means. `greeting` is what came before the server named itself. */
export const handshakeError = (
  options: SshOptions,
  error: Error & { code?: string; level?: string },
  greeting: string,
): LifeboatError => {
  const strange = strangeGreeting(options, greeting)
  if (strange) return strange
  if (error.code === 'ECONNRESET') {
    return unreachable(options, 'dropped', 'it reset the connection during the ssh handshake (MaxStartups of sshd?)')
  }
  if (error.level === 'protocol' && /handshake/.test(error.message)) {
    return unreachable(options, 'dropped', 'it closed the connection during the handshake')
  }
  return unreachable(options, 'handshake', `the ssh handshake failed: ${error.message}`)
}

/** What it means that the other side hung up before the login. */
export const closedError = (options: SshOptions, greeting: string): LifeboatError =>
  strangeGreeting(options, greeting) ?? unreachable(options, 'dropped', 'it closed the connection')

const strangeGreeting = (options: SshOptions, greeting: string): LifeboatError | undefined => {
  const said = greeting.trim().split(/\r?\n/)[0] ?? ''
  if (/^Not allowed at this time/.test(said)) {
    return unreachable(options, 'penalty', 'its ssh server does not talk to this address for a while', [
      'it noticed too many failed logins: see PerSourcePenalties in sshd_config(5); wait, or exempt the address there',
    ])
  }
  if (said !== '' && !said.startsWith('SSH-')) {
    const isFull = /MaxStartups/.test(said)
    return unreachable(
      options,
      isFull ? 'dropped' : 'handshake',
      isFull
        ? `its ssh server refused the connection: ${said}`
        : `what listens there is no ssh server: it said "${said}"`,
    )
  }
  return undefined
}
