import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { constants, userInfo } from 'node:os'
import type { Connection } from './connection.ts'
import type { Channel, ChannelEnd, Transport } from './session/channel.ts'
import { connectionOver } from './session/connection-over.ts'

export interface LocalOptions {
  /** Name of the host in the inventory. */
  readonly name: string
}

/** The controller itself as a host: the same sessions, over child processes. */
export const localConnection = (options: LocalOptions): Connection =>
  connectionOver({ address: 'local', transport: localTransport(options.name), async close() {} })

const localTransport = (name: string): Transport => ({
  name,
  user: userInfo().username,
  async open(command) {
    // In a session of its own: Ctrl-C at the terminal is the engine's to answer, not the shell's.
    return channelOf(spawn('/bin/sh', ['-c', command], { detached: true, stdio: 'pipe' }))
  },
})

/** A child process as the session sees it. */
export const channelOf = (child: ChildProcessWithoutNullStreams): Channel => {
  const exited = new Promise<ChannelEnd>((resolve) => {
    child.on('exit', (code, signal) => {
      resolve({ status: code ?? 128 + (signal === null ? 0 : (constants.signals[signal] ?? 0)) })
    })
    child.on('error', (error) => resolve({ status: undefined, lost: error.message }))
  })
  const closed = new Promise<void>((resolve) => {
    child.on('close', () => resolve())
    child.on('error', () => resolve())
  })
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    closed: closed.then(() => exited),
    destroy() {
      child.stdin.destroy()
      child.stdout.destroy()
      child.stderr.destroy()
    },
  }
}
