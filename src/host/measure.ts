import { createHash } from 'node:crypto'
import { Transform } from 'node:stream'
import type { WrittenFile } from './files.ts'

/** A stream that hands on what it gets and measures it on the way. */
export interface Measure {
  readonly stream: Transform
  /** Of all that went through; once, when that has ended. */
  result(): WrittenFile
}

export const measure = (): Measure => {
  const hash = createHash('sha256')
  let size = 0
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      hash.update(chunk)
      size += chunk.length
      callback(null, chunk)
    },
  })
  return { stream, result: () => ({ sha256: hash.digest('hex'), size }) }
}
