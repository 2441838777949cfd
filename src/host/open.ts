import type { PlainValue } from '../base/value.ts'
import { type ConnectionFlags, type HostOptions, hostOptions } from './address.ts'
import type { Connection } from './connection.ts'
import { localConnection } from './local.ts'
import type { AskPassphrase } from './ssh/passphrases.ts'

/** Gives the connection of a host from its evaluated variables. Nothing is opened yet. */
export type OpenHost = (name: string, variables: Readonly<Record<string, PlainValue>>) => Connection

/**
 * Opens the hosts of one run. What their connections have in common (what ssh_config says, jump hosts, keys that were
 * unlocked) is kept here; ssh is loaded at its first use: a run on the controller alone need not wait for it.
 *
 * @throws host/unsupported-connection, host/unsupported-ssh-argument, host/bad-variable, when a host is opened
 */
export const hostOpener = (flags: ConnectionFlags = {}, askPassphrase?: AskPassphrase): OpenHost => {
  const ssh = later(async () => (await import('./ssh/open.ts')).sshOpener(askPassphrase))
  const openssh = later(async () => (await import('./openssh/connection.ts')).opensshOpener(askPassphrase))
  const open = async (host: SshHost): Promise<Connection> =>
    host.kind === 'ssh' ? await (await ssh())(host) : await (await openssh())(host.request)
  return (name, variables) => {
    const host = hostOptions(name, variables, flags)
    return host.kind === 'local' ? localConnection(host) : lateConnection(host, open)
  }
}

/** What is made at the first use. */
const later = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

type SshHost = Exclude<HostOptions, { kind: 'local' }>

/** What failed before there was a connection (a broken ssh_config) is tried again at the next use. */
const lateConnection = (host: SshHost, open: (host: SshHost) => Promise<Connection>): Connection => {
  let opened: Promise<Connection> | undefined
  const connection = (): Promise<Connection> => {
    if (opened) return opened
    const opening = open(host)
    opened = opening
    opening.catch(() => {
      opened = undefined
    })
    return opening
  }
  const { name, destination } = host.request
  const settings = host.kind === 'ssh' ? host.request.settings : []
  return {
    name,
    address: `${destination}:${settings.find(([option]) => option === 'port')?.[1] ?? 22}`,
    session: async (become) => await (await connection()).session(become),
    rest: () => void opened?.then((connection) => connection.rest(), ignored),
    wake: () => void opened?.then((connection) => connection.wake(), ignored),
    close: async () => await (await opened?.catch(() => undefined))?.close(),
  }
}

/** What opening failed for is told to those who use the connection. */
const ignored = (): void => {}

/** The connection of one host alone. */
export const openConnection = (
  name: string,
  variables: Readonly<Record<string, PlainValue>>,
  flags: ConnectionFlags = {},
): Connection => hostOpener(flags)(name, variables)
