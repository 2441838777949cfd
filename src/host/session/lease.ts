import type { Channel, Transport } from './channel.ts'
import { OPENER } from './program.ts'

/** Milliseconds that a script runs before it gets a lease: most have ended by then. */
const PATIENCE = 500

/** Signs of life that may go missing in a row. */
const MISSING = 4

/**
 * Tells a host that the controller is still there while scripts run. A network that is cut says nothing to either side:
 * without this sshd would let a script run on for hours. When the signs of life stop, a shell on the host ends the
 * sshd process of the connection, and with it goes what was started over it.
 */
export class Lease {
  readonly #transport: Transport
  readonly #interval: number
  #running = 0
  /** When the last sign of life was given, in milliseconds; undefined while none is owed. */
  #given: number | undefined
  #timer: NodeJS.Timeout | undefined
  #channel: Promise<Channel | undefined> | undefined

  /** @param interval seconds between signs of life */
  constructor(transport: Transport, interval: number) {
    this.#transport = transport
    this.#interval = interval * 1000
  }

  /** Holds while something runs. Returns what lets go. */
  hold(): () => void {
    this.#running++
    if (this.#running === 1) this.#schedule()
    let over = false
    return () => {
      if (over) return
      over = true
      this.#running--
      if (this.#running === 0) this.#schedule()
    }
  }

  /** Says that nothing will be heard for a while. */
  rest(): void {
    clearTimeout(this.#timer)
    if (this.#given !== undefined) this.#say(0)
  }

  /** Says again that the controller is there, after a rest. */
  wake(): void {
    if (this.#running > 0) this.#schedule()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#channel?.then((channel) => channel?.destroy())
    this.#channel = undefined
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    const owed = this.#running > 0
    if (!owed && this.#given === undefined) return
    const due = owed && this.#given !== undefined ? this.#given + this.#interval - performance.now() : PATIENCE
    this.#timer = setTimeout(() => {
      if (!owed) {
        this.#say(0)
        return
      }
      this.#channel ??= this.#open()
      this.#say((this.#interval / 1000) * MISSING)
      this.#schedule()
    }, due).unref()
  }

  /** What cannot be opened is no reason to fail: the script runs as it would have without. */
  async #open(): Promise<Channel | undefined> {
    const channel = await this.#transport.open(`/bin/sh -c '${OPENER}'`, 'shell').catch(() => undefined)
    if (!channel) {
      this.#channel = undefined
      return undefined
    }
    channel.stdin.on('error', () => {})
    channel.stdout.resume()
    channel.stderr.resume()
    channel.stdin.write(LEASE_LINE)
    channel.closed.then((end) => {
      // A shell that went by itself has found no sshd to end; where the connection was lost the next one has none yet.
      if (end.status === undefined) this.#channel = undefined
    })
    return channel
  }

  #say(seconds: number): void {
    this.#given = seconds === 0 ? undefined : performance.now()
    this.#channel?.then((channel) => channel?.stdin.write(`${seconds}\n`))
  }
}

/** Finds the ssh server above itself, then reads for how many seconds each sign of life holds; 0 is for good. */
const LEASE_LINE = `${[
  'exec 2>/dev/null; q=$$; n=; t=',
  'while :; do IFS= read -r x </proc/$q/stat || exit 0; set -- ${x##*") "}; q=$2; IFS= read -r n </proc/$q/comm || exit 0',
  // sshd-session is one too.
  'case $n in sshd*|dropbear*) break; esac; done',
  'while IFS= read -r s; do [ -z "$t" ] || kill $t; t=; if [ "$s" != 0 ]; then ' +
    `{ trap 'kill $w; exit' TERM; sleep $s & w=$!; wait $w && kill $q; } & t=$!; fi; done`,
  '[ -z "$t" ] || kill $t',
].join('; ')}\n`
