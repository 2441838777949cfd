import type { Client } from 'ssh2'
import { LifeboatError } from '../../base/errors.ts'
import type { Connection } from '../connection.ts'
import type { Channel, Purpose, Transport } from '../session/channel.ts'
import { connectionOver } from '../session/connection-over.ts'
import { execute } from './channel.ts'
import { connect } from './connect.ts'
import { formatAddress, type SshOptions } from './options.ts'
import { newShared, type Shared } from './shared.ts'
import { Slots } from './slots.ts'

interface Link {
  readonly client: Client
  readonly slots: Slots
  /** Why the connection ended. */
  readonly lost: () => string
}

/**
 * A host over ssh: one network connection, opened at the first use, and again after it was lost. `shared` is what it has
 * in common with other hosts of the run.
 */
export const sshConnection = (options: SshOptions, shared: Shared = newShared()): Connection => {
  const transport = new SshTransport(options, shared)
  const address = formatAddress(options)
  return connectionOver({ address, transport, signOfLife: options.keepaliveInterval, close: () => transport.close() })
}

class SshTransport implements Transport {
  readonly name: string
  readonly user: string
  readonly #options: SshOptions
  readonly #shared: Shared
  #link: Promise<Link> | undefined

  constructor(options: SshOptions, shared: Shared) {
    this.name = options.name
    this.user = options.user
    this.#options = options
    this.#shared = shared
  }

  async open(command: string, purpose: Purpose): Promise<Channel> {
    const link = await this.#connected()
    const release = await link.slots.take(purpose)
    try {
      const channel = await execute(link.client, command, link.lost)
      channel.closed.then(release)
      return channel
    } catch (error) {
      release()
      if (isRefused(error)) return await this.#openAside(command)
      throw this.#lost(error instanceof Error ? error.message : String(error))
    }
  }

  async close(): Promise<void> {
    const link = await this.#link?.catch(() => undefined)
    this.#link = undefined
    if (link) await end(link.client)
  }

  async #connected(): Promise<Link> {
    if (this.#link) return await this.#link
    const forget = (): void => {
      if (this.#link === link) this.#link = undefined
    }
    const link = connect(this.#options, this.#shared).then((client) => linkOver(client, forget))
    link.catch(forget)
    this.#link = link
    return await link
  }

  /** Where sshd allows fewer sessions than usual (MaxSessions), a channel gets a connection of its own. */
  async #openAside(command: string): Promise<Channel> {
    const { client, lost } = linkOver(await connect(this.#options, this.#shared), () => {})
    try {
      const channel = await execute(client, command, lost)
      channel.closed.then(() => end(client))
      return channel
    } catch (error) {
      await end(client)
      if (!isRefused(error)) throw this.#lost(error instanceof Error ? error.message : String(error))
      throw new LifeboatError('host/too-many-sessions', `the ssh server of ${this.name} allows no session`, {
        hints: ['raise MaxSessions in its sshd_config'],
        cause: error,
      })
    }
  }

  #lost(why: string): LifeboatError {
    return new LifeboatError('host/lost', `the connection to ${this.name} broke: ${why}`)
  }
}

const linkOver = (client: Client, onClose: () => void): Link => {
  let reason = 'it was closed'
  // ssh2 gives every listener the same errors; without one they would end the process.
  client.on('error', (error: Error) => {
    reason = error.message === 'Keepalive timeout' ? 'it gave no sign of life any more' : error.message
  })
  client.on('close', onClose)
  client.setMaxListeners(0)
  return { client, slots: new Slots(), lost: () => reason }
}

/** SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, SSH_OPEN_CONNECT_FAILED (what MaxSessions gives), SSH_OPEN_RESOURCE_SHORTAGE. */
const isRefused = (error: unknown): boolean =>
  error instanceof Error && [1, 2, 4].includes((error as Error & { reason?: number }).reason ?? 0)

const end = (client: Client): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => {
      client.destroy()
      resolve()
    }, 1000)
    client.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
    client.end()
  })
