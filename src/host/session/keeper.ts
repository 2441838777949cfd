import { randomBytes } from 'node:crypto'
import type { Channel, ChannelEnd } from './channel.ts'
import { type Deferred, defer } from './deferred.ts'
import { FrameScanner } from './frame-scanner.ts'
import { BYE, greetingLine, keeperLine, NEXT } from './program.ts'

const NOISE_LIMIT = 8192
const DRAIN_MILLISECONDS = 500
/** How long the start of the next `sh` waits for its script: what goes together is one packet for all on the way. */
const TOGETHER_MILLISECONDS = 2

export interface Outcome {
  readonly status: number
  /** The script left processes behind that run on in its group. */
  readonly lingering: boolean
}

/** Where the output of the running script goes. */
export interface Sink {
  stdout(chunk: Buffer): void
  stderr(chunk: Buffer): void
}

type StreamName = keyof Sink

interface Running {
  readonly sink: Sink
  readonly done: Deferred<Outcome>
  outcome: Outcome | undefined
  /** Streams that have told the end of the script; they are not in step with each other. */
  readonly ended: Set<StreamName>
}

/** Why a keeper ended, with what the login wrote before the first greeting. */
export interface KeeperEnd extends ChannelEnd {
  readonly noise: string
}

/** Thrown by `run` when the channel goes: the session makes it `host/lost`. */
export class KeeperGone extends Error {
  readonly end: KeeperEnd
  constructor(end: KeeperEnd) {
    super(end.lost ?? `the shell ended with status ${end.status}`)
    this.end = end
  }
}

/**
 * The long-lived shell of a session: fed one script at a time, with the `sh` for the next one started before it is
 * needed, unless that is at once.
 */
export class Keeper {
  /** Settles at the first greeting; rejects with KeeperGone when the login ends before it. */
  readonly ready: Promise<void>
  readonly #channel: Channel
  readonly #marker = randomBytes(16).toString('hex')
  readonly #ready = defer<void>()
  #group = defer<number>()
  #running: Running | undefined
  /** Streams that the `sh` of the running or next script has greeted on: what they carry is its output. */
  readonly #open = new Set<StreamName>()
  #noise = ''
  #greeted = false
  #soiled = false
  #ended = false
  /** Starts the `sh` of the next script, and has not been sent yet. */
  #unsent = ''
  #sending: NodeJS.Timeout | undefined

  /** @param session name of the session, which the shells of its other channels carry */
  constructor(channel: Channel, session: string) {
    this.#channel = channel
    this.ready = this.#ready.promise
    const out = new FrameScanner(
      this.#marker,
      (chunk) => this.#output('stdout', chunk),
      (text) => this.#frame('stdout', text),
    )
    const err = new FrameScanner(
      this.#marker,
      (chunk) => this.#output('stderr', chunk),
      (text) => this.#frame('stderr', text),
    )
    channel.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    channel.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    channel.stdin.on('error', () => {})
    channel.stdout.resume()
    channel.stderr.resume()
    // Processes that a script left may hold the streams open for ever after the shell itself is gone.
    channel.exited.then((end) => setTimeout(() => this.#close(end), DRAIN_MILLISECONDS).unref())
    channel.closed.then((end) => this.#close(end))
    channel.stdin.write(keeperLine(this.#marker, session) + NEXT + greetingLine(this.#marker))
  }

  /** Whether the next script can run here: the shell lives, and nothing of an earlier script writes into its streams. */
  get usable(): boolean {
    return !this.#ended && !this.#soiled
  }

  /** Process group of the script that runs, or of the next one. */
  get group(): Promise<number> {
    return this.#group.promise
  }

  /** Runs one line (see `scriptLine`). One at a time. */
  run(line: string, sink: Sink): Promise<Outcome> {
    const running: Running = { sink, done: defer<Outcome>(), outcome: undefined, ended: new Set() }
    if (this.#ended) return Promise.reject(new KeeperGone({ status: undefined, lost: undefined, noise: this.#noise }))
    this.#running = running
    this.#send(line)
    return running.done.promise
  }

  /** Ends the shell, between scripts. */
  end(): void {
    clearTimeout(this.#sending)
    this.#channel.stdin.write(BYE)
    this.#channel.destroy()
  }

  /** Lets go of the shell: it stops what runs, and the other scripts of its session. */
  destroy(): void {
    clearTimeout(this.#sending)
    this.#channel.destroy()
  }

  #output(stream: StreamName, chunk: Buffer): void {
    if (this.#running && this.#open.has(stream)) this.#running.sink[stream](chunk)
    else if (this.#greeted) this.#soiled = true
    else if (this.#noise.length < NOISE_LIMIT && !this.#open.has(stream)) this.#noise += chunk.toString()
  }

  #frame(stream: StreamName, text: string): void {
    const [kind, first, second] = text.split(' ')
    if (kind === 'r') this.#greet(stream, Number(first))
    if (kind !== 'e') return
    this.#open.delete(stream)
    const running = this.#running
    if (!running) {
      // Somebody killed the `sh` that waits for the next script.
      this.#soiled = true
      return
    }
    if (stream === 'stdout') running.outcome = { status: Number(first), lingering: second === '1' }
    running.ended.add(stream)
    if (running.outcome && running.ended.size === 2) this.#finish(running, running.outcome)
  }

  #greet(stream: StreamName, group: number): void {
    this.#open.add(stream)
    if (stream === 'stdout') this.#group.resolve(group)
    if (this.#open.size < 2) return
    this.#greeted = true
    this.#ready.resolve()
  }

  #finish(running: Running, outcome: Outcome): void {
    this.#running = undefined
    this.#group = defer<number>()
    if (outcome.lingering) this.#soiled = true
    else this.#sendSoon(NEXT + greetingLine(this.#marker))
    running.done.resolve(outcome)
  }

  #sendSoon(text: string): void {
    this.#unsent = text
    this.#sending = setTimeout(() => this.#send(''), TOGETHER_MILLISECONDS)
  }

  #send(line: string): void {
    clearTimeout(this.#sending)
    const text = this.#unsent + line
    this.#unsent = ''
    if (text !== '' && !this.#ended) this.#channel.stdin.write(text)
  }

  #close(end: ChannelEnd): void {
    if (this.#ended) return
    this.#ended = true
    const gone = new KeeperGone({ ...end, noise: this.#noise })
    this.#ready.reject(gone)
    this.#group.reject(gone)
    this.#running?.done.reject(gone)
    this.#running = undefined
  }
}
