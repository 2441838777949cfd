import { constants } from 'node:os'
import { Writable } from 'node:stream'
import type { Client, ClientChannel } from 'ssh2'
import type { Channel, ChannelEnd } from '../session/channel.ts'
import { defer } from '../session/deferred.ts'

/**
 * Starts a command on a connection, as a channel that the session sees. `lost` says why the connection ended, where it
 * did. Rejects with ssh2's error.
 */
export const execute = (client: Client, command: string, lost: () => string): Promise<Channel> =>
  new Promise((resolve, reject) => {
    client.exec(command, (error, stream) => {
      // At once: what ends quickly may end in the same packet, and who listens a moment later hears nothing of it.
      if (error) reject(error)
      else resolve(channelOf(client, stream, lost))
    })
  })

const channelOf = (client: Client, stream: ClientChannel, lost: () => string): Channel => {
  const exited = defer<ChannelEnd>()
  const closed = defer<void>()
  const onLost = (): void => {
    exited.resolve({ status: undefined, lost: lost() })
    closed.resolve()
  }
  stream.on('exit', (code: number | null, signal?: string) =>
    exited.resolve({ status: code ?? 128 + signalNumber(signal) }),
  )
  stream.on('close', () => {
    client.off('close', onLost)
    onLost()
  })
  client.on('close', onLost)
  return {
    stdin: inputOf(stream),
    stdout: stream,
    stderr: stream.stderr,
    exited: exited.promise,
    closed: closed.promise.then(() => exited.promise),
    destroy() {
      stream.resume()
      stream.stderr.resume()
      stream.close()
    },
  }
}

const signalNumber = (name: string | undefined): number =>
  (constants.signals as Readonly<Record<string, number>>)[`SIG${(name ?? '').replace(/^SIG/, '')}`] ?? 0

/** The writing half alone: ending it must not end the reading half, and a write into a closed channel must fail. */
const inputOf = (stream: ClientChannel): Writable => {
  const input = new Writable({
    write: (chunk, _encoding, callback) => void stream.write(chunk, callback),
    final: (callback) => {
      stream.end()
      callback()
    },
  })
  stream.on('error', (error: Error) => input.destroy(error))
  stream.on('close', () => {
    if (!input.writableFinished) input.destroy(Object.assign(new Error('the script reads no more'), { code: 'EPIPE' }))
  })
  input.on('error', () => {})
  return input
}
