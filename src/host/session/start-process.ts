import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { LifeboatError } from '../../base/errors.ts'
import { openShell } from '../become/open-shell.ts'
import type { Become, HostProcess, RunOptions } from '../connection.ts'
import type { Channel, Transport } from './channel.ts'
import { greetingLine, scriptLine, soloLine } from './program.ts'
import { stopGroup } from './stop-group.ts'

/**
 * Starts a script on a channel of its own. Its streams are the channel's own: bytes, with back-pressure.
 *
 * @param session name of the session, by which its keeper finds the script when the connection ends
 */
export const startProcess = async (
  transport: Transport,
  become: Become | undefined,
  session: string,
  script: string,
  options: Pick<RunOptions, 'environment' | 'signal'>,
): Promise<HostProcess> => {
  const line = scriptLine(script, { environment: options.environment, stdin: 'channel' })
  const shell = await openShell(transport, become, 'bulk', session)
  const { channel } = shell
  const marker = randomBytes(16).toString('hex')
  channel.stdin.on('error', () => {})
  channel.stdin.write(soloLine() + greetingLine(marker) + line)
  const group = await shell.within(greeted(channel, marker)).catch(async (error: unknown) => {
    channel.destroy()
    throw error instanceof NoGreeting ? shell.explain({ ...(await channel.closed), noise: error.noise }) : error
  })
  const kill = (signal: 'TERM' | 'KILL' | 'INT' = 'TERM'): Promise<void> => stopGroup(transport, become, group, signal)
  const onAbort = (): void => void kill().catch(() => channel.destroy())
  options.signal?.addEventListener('abort', onAbort)
  if (options.signal?.aborted) onAbort()
  const ended = channel.closed.then(({ status, lost }) => {
    options.signal?.removeEventListener('abort', onAbort)
    if (status !== undefined) return { status }
    const user = become?.user ?? transport.user
    throw new LifeboatError(
      'host/lost',
      `the connection to ${transport.name} broke while a script ran as ${user}: ${lost ?? 'no status came back'}`,
      { hints: ['the script may have happened wholly, in part, or not at all; run again to find out'] },
    )
  })
  ended.catch(() => {})
  return { stdin: channel.stdin, stdout: channel.stdout, stderr: channel.stderr, ended, kill }
}

class NoGreeting extends Error {
  readonly noise: string
  constructor(noise: string) {
    super('the channel ended before the script began')
    this.noise = noise
  }
}

/** Reads both streams up to the greeting and puts back what follows it. Resolves with the script's process group. */
const greeted = async (channel: Channel, marker: string): Promise<number> => {
  const [text] = await Promise.all([readGreeting(channel.stdout, marker), readGreeting(channel.stderr, marker)]).catch(
    () => {
      const noise = [channel.stdout, channel.stderr].map((stream) => noiseOf.get(stream)?.toString() ?? '').join('')
      throw new NoGreeting(noise)
    },
  )
  return Number(text.split(' ')[1])
}

/** What came before a greeting that never came. */
const noiseOf = new WeakMap<Readable, Buffer>()

const readGreeting = (stream: Readable, marker: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let seen: Buffer = Buffer.alloc(0)
    const stop = (): void => {
      stream.off('readable', read)
      stream.off('end', fail)
      stream.off('close', fail)
    }
    const fail = (): void => {
      stop()
      noiseOf.set(stream, seen)
      reject(new Error('no greeting'))
    }
    const read = (): void => {
      for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) {
        seen = Buffer.concat([seen, chunk as Buffer])
        const start = seen.indexOf(marker)
        const newline = start === -1 ? -1 : seen.indexOf(0x0a, start)
        if (newline === -1) continue
        stop()
        const rest = seen.subarray(newline + 1)
        if (rest.length > 0) stream.unshift(rest)
        resolve(seen.toString('latin1', start + marker.length, newline))
        return
      }
    }
    stream.on('readable', read)
    stream.on('end', fail)
    stream.on('close', fail)
    read()
  })
