import { randomBytes } from 'node:crypto'
import { LifeboatError } from '../../base/errors.ts'
import { openShell } from '../become/open-shell.ts'
import type { Become, HostProcess, RunOptions, RunResult, Session } from '../connection.ts'
import type { Transport } from './channel.ts'
import { collectOutput } from './collect-output.ts'
import { Keeper, KeeperGone } from './keeper.ts'
import type { Lease } from './lease.ts'
import { scriptLine } from './program.ts'
import { startProcess } from './start-process.ts'
import { stopGroup } from './stop-group.ts'
import { interrupted, Stopwatch } from './stopwatch.ts'

/** Standard input above this size gets a channel of its own, with back-pressure, instead of travelling in the script. */
const INLINE_STDIN = 128 * 1024

/** A session that its connection can let go of. */
export interface KeptSession extends Session {
  /** Opens the shell, so that what is wrong with the login or with becoming the user is said now. */
  open(): Promise<void>
  /** Stops what runs and lets go of every channel. */
  close(): Promise<void>
}

/** The session of one user over a transport: the login user, or the one that `become` names. */
export const createSession = (transport: Transport, become: Become | undefined, lease?: Lease): KeptSession =>
  new ShellSession(transport, become, lease)

class ShellSession implements KeptSession {
  readonly user: string
  readonly #transport: Transport
  readonly #become: Become | undefined
  readonly #lease: Lease | undefined
  readonly #name = `lifeboat-${randomBytes(8).toString('hex')}`
  readonly #processes = new Set<HostProcess>()
  /** Keepers that are of no more use, kept while processes run: the end of its channel would hang them up. */
  readonly #retired = new Set<Keeper>()
  #keeper: Promise<Keeper> | undefined
  /** Process group of the script that runs on the keeper. */
  #running: Promise<number> | undefined
  #turn: Promise<void> = Promise.resolve()

  constructor(transport: Transport, become: Become | undefined, lease: Lease | undefined) {
    this.user = become?.user ?? transport.user
    this.#transport = transport
    this.#become = become
    this.#lease = lease
  }

  async open(): Promise<void> {
    await this.#usableKeeper()
  }

  async run(script: string, options: RunOptions = {}): Promise<RunResult> {
    if (options.signal?.aborted) throw interrupted(this.#transport.name, options.signal)
    const release = await this.#takeTurn(options.signal)
    const letGo = this.#lease?.hold()
    try {
      const stdin = options.stdin === undefined ? undefined : Buffer.from(options.stdin)
      if (stdin && stdin.length > INLINE_STDIN) return await this.#runOnChannel(script, stdin, options)
      return await this.#runOnKeeper(scriptLine(script, { environment: options.environment, stdin }), options)
    } finally {
      letGo?.()
      release()
    }
  }

  async start(script: string, options: Pick<RunOptions, 'environment' | 'signal'> = {}): Promise<HostProcess> {
    if (options.signal?.aborted) throw interrupted(this.#transport.name, options.signal)
    const process = await startProcess(this.#transport, this.#become, this.#name, script, options)
    this.#processes.add(process)
    const letGo = this.#lease?.hold()
    const forget = (): void => {
      letGo?.()
      this.#processes.delete(process)
      if (this.#processes.size === 0) this.#endRetired()
    }
    process.ended.then(forget, forget)
    return process
  }

  async close(): Promise<void> {
    const keeper = await this.#keeper?.catch(() => undefined)
    const running = this.#running
    await Promise.allSettled([
      ...[...this.#processes].map((process) => process.kill('TERM')),
      ...(running ? [running.then((group) => stopGroup(this.#transport, this.#become, group, 'TERM'))] : []),
    ])
    keeper?.end()
    this.#keeper = undefined
    this.#endRetired()
  }

  /** Waits until the scripts asked for earlier are through. Returns what lets the next one go. */
  async #takeTurn(signal: AbortSignal | undefined): Promise<() => void> {
    const before = this.#turn
    let release: () => void = () => {}
    this.#turn = new Promise((resolve) => {
      release = resolve
    })
    if (!signal) {
      await before
      return release
    }
    let abort: () => void = () => {}
    const aborted = new Promise<boolean>((resolve) => {
      abort = () => resolve(true)
      signal.addEventListener('abort', abort)
    })
    const gaveUp = await Promise.race([before.then(() => false), aborted])
    signal.removeEventListener('abort', abort)
    if (!gaveUp) return release
    before.then(release)
    throw interrupted(this.#transport.name, signal)
  }

  async #usableKeeper(): Promise<Keeper> {
    const kept = await this.#keeper?.catch(() => undefined)
    if (kept?.usable) return kept
    if (kept) this.#retired.add(kept)
    if (this.#processes.size === 0) this.#endRetired()
    const opening = this.#openKeeper()
    this.#keeper = opening
    return await opening
  }

  async #openKeeper(): Promise<Keeper> {
    const shell = await openShell(this.#transport, this.#become, 'shell')
    const keeper = new Keeper(shell.channel, this.#name)
    try {
      await shell.within(keeper.ready)
    } catch (error) {
      keeper.destroy()
      throw error instanceof KeeperGone ? shell.explain(error.end) : error
    }
    return keeper
  }

  async #runOnKeeper(line: string, options: RunOptions): Promise<RunResult> {
    const keeper = await this.#usableKeeper()
    const output = collectOutput(options)
    const group = keeper.group
    const watch = new Stopwatch(this.#transport.name, options, {
      stop: async () => await stopGroup(this.#transport, this.#become, await group, 'TERM'),
      abandon: () => keeper.destroy(),
    })
    this.#running = group
    try {
      const outcome = await watch.over(keeper.run(line, output))
      return output.result(outcome.status)
    } catch (error) {
      throw error instanceof KeeperGone ? this.#lost(error) : error
    } finally {
      this.#running = undefined
    }
  }

  async #runOnChannel(script: string, stdin: Buffer, options: RunOptions): Promise<RunResult> {
    const process = await this.start(script, { environment: options.environment })
    const output = collectOutput(options)
    process.stdout.on('data', (chunk: Buffer) => output.stdout(chunk))
    process.stderr.on('data', (chunk: Buffer) => output.stderr(chunk))
    // A script may end without reading all of its input; that is its own affair.
    process.stdin.on('error', () => {})
    process.stdin.end(stdin)
    const watch = new Stopwatch(this.#transport.name, options, {
      stop: () => process.kill('TERM'),
      abandon: () => process.stdin.destroy(),
    })
    const { status } = await watch.over(process.ended)
    return output.result(status)
  }

  #endRetired(): void {
    for (const keeper of this.#retired) keeper.end()
    this.#retired.clear()
  }

  #lost(gone: KeeperGone): LifeboatError {
    return new LifeboatError(
      'host/lost',
      `the connection to ${this.#transport.name} broke while a script ran as ${this.user}: ${gone.message}`,
      { hints: ['the script may have happened wholly, in part, or not at all; run again to find out'], cause: gone },
    )
  }
}
