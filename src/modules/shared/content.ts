import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'

/** More than this is not shown in a diff, in bytes. */
export const MAX_SHOWN = 100 * 1024

/** What a file is to contain: known by its checksum, read only when it has to be written. */
export interface Content {
  /** SHA-1, the checksum that Ansible's results carry. */
  readonly checksum: string
  readonly size: number
  /** For a diff: the text, or a description of what cannot be shown. */
  readonly shown: string
  /** The file on the controller that holds it, where it may be larger than memory likes. */
  readonly file?: string
  bytes(): Promise<Buffer>
}

export const sha1 = (bytes: Buffer): string => createHash('sha1').update(bytes).digest('hex')

export const contentOf = (bytes: Buffer): Content => {
  const checksum = sha1(bytes)
  return { checksum, size: bytes.length, shown: show(bytes, checksum), bytes: async () => bytes }
}

/** SHA-1 of a file on the controller, of any size. */
export const sha1OfFile = async (path: string): Promise<string> => {
  const hash = createHash('sha1')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** The content of a file on the controller, which may be larger than memory likes. */
export const contentOfFile = async (path: string): Promise<Content> => {
  const { size } = await stat(path)
  if (size <= MAX_SHOWN) return contentOf(await readFile(path))
  const checksum = await sha1OfFile(path)
  return { checksum, size, shown: describe('large', size, checksum), file: path, bytes: () => readFile(path) }
}

/** The text of some bytes as a diff shows it. */
export const show = (bytes: Buffer, checksum = sha1(bytes)): string => {
  if (bytes.length > MAX_SHOWN) return describe('large', bytes.length, checksum)
  if (bytes.includes(0)) return describe('binary', bytes.length, checksum)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return describe('binary', bytes.length, checksum)
  }
}

export const describe = (kind: 'large' | 'binary' | 'file', size: number, checksum: string | undefined): string =>
  `(${kind === 'file' ? '' : `${kind}, `}${size} bytes, sha1 ${checksum?.slice(0, 12) || 'unknown'})`
