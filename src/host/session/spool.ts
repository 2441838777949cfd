import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LifeboatError } from '../../base/errors.ts'
import type { Output } from '../output.ts'

/** Bytes of a stream that are kept in memory. */
const MEMORY = 2 * 1024 * 1024

/** The files have no name any more; who forgets the output closes them. */
const files = new FinalizationRegistry<number>((file) => closeSync(file))

/**
 * Keeps a stream whole: in memory while it is small, then in a temporary file that is removed as soon as it is open, so
 * that nobody else can read it and nothing is left of it.
 */
export class Spool implements Output {
  #chunks: Buffer[] = []
  #size = 0
  #file: number | undefined
  #failure: Error | undefined

  get size(): number {
    return this.#size
  }

  push(chunk: Buffer): void {
    if (this.#failure) return
    this.#size += chunk.length
    if (this.#file === undefined && this.#size <= MEMORY) {
      this.#chunks.push(chunk)
      return
    }
    try {
      this.#file ??= this.#open()
      for (const each of [...this.#chunks, chunk]) writeWhole(this.#file, each)
      this.#chunks = []
    } catch (error) {
      this.#failure = error as Error
      this.#chunks = []
    }
  }

  bytes(start = 0, end = this.#size): Buffer {
    if (this.#failure) throw cannotKeep(this.#failure)
    if (this.#file === undefined) return this.#inMemory().subarray(start, end)
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(end, this.#size) - start))
    for (let at = 0; at < bytes.length; ) {
      const read = readSync(this.#file, bytes, at, bytes.length - at, start + at)
      if (read === 0) throw cannotKeep(new Error('the file is shorter than what was written'))
      at += read
    }
    return bytes
  }

  #inMemory(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0] as Buffer
  }

  #open(): number {
    const path = join(tmpdir(), `lifeboat-${randomBytes(12).toString('hex')}`)
    const file = openSync(path, 'wx+', 0o600)
    unlinkSync(path)
    files.register(this, file)
    return file
  }
}

const writeWhole = (file: number, bytes: Buffer): void => {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
}

const cannotKeep = (cause: Error): LifeboatError =>
  new LifeboatError('host/output', `the output of a script cannot be kept in ${tmpdir()}: ${cause.message}`, {
    hints: ['the script itself ran to its end; TMPDIR names another folder'],
    cause,
  })
