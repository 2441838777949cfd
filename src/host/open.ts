import type { PlainValue } from '../base/value.ts'
import { type ConnectionFlags, hostOptions } from './address.ts'
import type { Connection } from './connection.ts'
import { localConnection } from './local.ts'
import { formatAddress, type SshOptions } from './ssh/options.ts'

/**
 * The connection of a host, by its evaluated variables and the command line. Nothing is opened yet.
 *
 * @throws host/unsupported-connection, host/unsupported-ssh-argument, host/bad-variable
 */
export const openConnection = (
  name: string,
  variables: Readonly<Record<string, PlainValue>>,
  flags: ConnectionFlags = {},
): Connection => {
  const host = hostOptions(name, variables, flags)
  return host.kind === 'local' ? localConnection(host) : lateSshConnection(host.options)
}

/** ssh2 is loaded at the first use: a run on the controller alone need not wait for it. */
const lateSshConnection = (options: SshOptions): Connection => {
  let opened: Promise<Connection> | undefined
  const open = (): Promise<Connection> => {
    opened ??= import('./ssh/connection.ts').then(({ sshConnection }) => sshConnection(options))
    return opened
  }
  return {
    name: options.name,
    address: formatAddress(options),
    session: async (become) => await (await open()).session(become),
    close: async () => await (await opened)?.close(),
  }
}
