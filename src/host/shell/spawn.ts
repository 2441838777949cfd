import { EventEmitter, once } from 'node:events'
import { PassThrough } from 'node:stream'
import { quote } from '../../base/quote.ts'
import type { HostProcess, Session } from '../connection.ts'

/** What a command of the shell needs beside its text. */
export interface SpawnOptions {
  readonly cwd: string | undefined
  readonly environment: Readonly<Record<string, string>>
  readonly signal: AbortSignal | undefined
  /** Whether somebody means to write to the command; otherwise it reads end of file at once. */
  readonly wantsStdin: () => boolean
}

/**
 * What zx takes for a child process: a script on a channel of the session. It has no process id, so nothing can mistake
 * it for a process of the controller.
 */
export class HostChild extends EventEmitter {
  readonly pid = undefined
  readonly stdin = new PassThrough()
  readonly stdout = new PassThrough()
  readonly stderr = new PassThrough()
  exitCode: number | null = null
  signalCode: string | null = null
  readonly #started: Promise<HostProcess>

  constructor(session: Session, command: string, options: SpawnOptions) {
    super()
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream.on('error', () => {})
    this.#started = session.start(scriptOf(command, options.cwd), {
      environment: options.environment,
      signal: options.signal,
    })
    this.#run(options).catch((error: Error) => {
      this.emit('error', error)
      this.stdout.end()
      this.stderr.end()
      this.emit('close', null, null)
    })
  }

  /** Stops the command's process group on the host. */
  async kill(signal: 'TERM' | 'KILL' | 'INT' = 'TERM'): Promise<void> {
    await (await this.#started).kill(signal)
  }

  async #run(options: SpawnOptions): Promise<void> {
    const process = await this.#started
    this.emit('spawn')
    if (options.wantsStdin()) this.stdin.pipe(process.stdin)
    else process.stdin.end()
    process.stdout.pipe(this.stdout)
    process.stderr.pipe(this.stderr)
    const read = Promise.all([closing(this.stdout), closing(this.stderr)])
    const { status } = await process.ended
    this.stdin.destroy()
    if (options.signal?.aborted) this.emit('error', abortError(options.signal))
    this.exitCode = status
    this.emit('exit', status, null)
    await read
    this.emit('close', status, null)
  }
}

const scriptOf = (command: string, cwd: string | undefined): string =>
  cwd === undefined ? command : `cd ${quote(cwd)} || exit\n${command}`

/** Read to the end, or thrown away: after an abort zx reads no more. */
const closing = async (stream: PassThrough): Promise<void> => {
  await Promise.race([once(stream, 'end'), once(stream, 'close')])
}

const abortError = (signal: AbortSignal): Error =>
  signal.reason instanceof Error ? signal.reason : new Error('the command was aborted')
