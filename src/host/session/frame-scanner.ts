const NEWLINE = 0x0a

/**
 * Cuts a byte stream into output and frames. A frame is the session's random marker and the text up to the next newline;
 * everything else is output, passed on as soon as it cannot be the beginning of a marker.
 */
export class FrameScanner {
  readonly #marker: Buffer
  readonly #onOutput: (chunk: Buffer) => void
  readonly #onFrame: (text: string) => void
  #held: Buffer = Buffer.alloc(0)

  constructor(marker: string, onOutput: (chunk: Buffer) => void, onFrame: (text: string) => void) {
    this.#marker = Buffer.from(marker, 'latin1')
    this.#onOutput = onOutput
    this.#onFrame = onFrame
  }

  push(chunk: Buffer): void {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    for (;;) {
      const start = rest.indexOf(this.#marker)
      if (start === -1) break
      const newline = rest.indexOf(NEWLINE, start + this.#marker.length)
      if (start > 0) this.#onOutput(rest.subarray(0, start))
      if (newline === -1) {
        this.#held = rest.subarray(start)
        return
      }
      this.#onFrame(rest.toString('latin1', start + this.#marker.length, newline))
      rest = rest.subarray(newline + 1)
    }
    const kept = this.#beginningOfMarker(rest)
    if (kept < rest.length) this.#onOutput(rest.subarray(0, rest.length - kept))
    this.#held = rest.subarray(rest.length - kept)
  }

  /** How many bytes at the end of a chunk could begin a marker. */
  #beginningOfMarker(chunk: Buffer): number {
    for (let length = Math.min(this.#marker.length - 1, chunk.length); length > 0; length--) {
      if (chunk.compare(this.#marker, 0, length, chunk.length - length) === 0) return length
    }
    return 0
  }
}
