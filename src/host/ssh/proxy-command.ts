import { spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LifeboatError } from '../../base/errors.ts'
import type { SshOptions } from './options.ts'
import { type Cause, unreachable } from './unreachable.ts'

const NOISE_LIMIT = 4096
/** Milliseconds between the end of a program's output and that of the program. */
const LAST_WORDS = 500

/** A program whose input and output are the connection. */
export interface ProxyProgram {
  readonly socket: Duplex
  /** Why the program ended; undefined where it goes on. */
  failure(): Promise<LifeboatError | undefined>
}

/** Starts a ProxyCommand by the user's shell, as OpenSSH does; it ends with the connection. */
export const startProxy = (options: SshOptions, command: string): ProxyProgram => {
  // In a group of its own: Ctrl-C at the terminal is the engine's to answer, and all of its processes go together.
  const child = spawn(process.env.SHELL || '/bin/sh', ['-c', `exec ${command}`], { detached: true, stdio: 'pipe' })
  let noise = ''
  let ended: string | undefined
  child.stderr.on('data', (chunk: Buffer) => {
    noise = (noise + chunk.toString()).slice(-NOISE_LIMIT)
  })
  child.on('error', (error) => {
    ended = error.message
  })
  child.on('exit', (code, signal) => {
    ended = signal ? `it was killed by ${signal}` : `it ended with status ${code}`
  })
  const over = new Promise((resolve) => child.on('close', resolve))
  const socket = Duplex.from({ readable: child.stdout, writable: child.stdin })
  socket.on('error', () => {})
  socket.on('close', () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGHUP')
    } catch {
      // It has ended by itself.
    }
  })
  return {
    socket,
    async failure() {
      await Promise.race([over, sleep(LAST_WORDS)])
      if (ended === undefined) return undefined
      const said = noise.trim().split(/\r?\n/).join('; ')
      return unreachable(options, causeIn(said), `its ProxyCommand failed: ${said || ended}`)
    },
  }
}

/** A proxy that is an ssh itself is dropped like one where too many knock at once. */
const causeIn = (said: string): Cause =>
  /kex_exchange_identification|MaxStartups|banner exchange/.test(said) ? 'dropped' : 'proxy'
