import { readFile } from 'node:fs/promises'
import type { ParsedKey } from 'ssh2'
import ssh2 from 'ssh2'

/** A private key in a file. */
export interface KeyFile {
  readonly file: string
  /** Its public half; undefined where it is not known before the key is unlocked. */
  readonly publicKey: ParsedKey | undefined
  readonly isLocked: boolean
  /** Undefined when the passphrase is wrong. */
  unlock(passphrase: string | undefined): ParsedKey | undefined
}

/** Why a file is no key that can be used. */
export class BadKeyFile extends Error {
  /** A public key alone: its private half may be in the agent. */
  readonly publicKey: ParsedKey | undefined
  /** There is no such file. */
  readonly missing: boolean
  constructor(why: string, about: { publicKey?: ParsedKey; missing?: boolean } = {}) {
    super(why)
    this.publicKey = about.publicKey
    this.missing = about.missing ?? false
  }
}

/** Reads a private key. Throws BadKeyFile. */
export const readKeyFile = async (file: string): Promise<KeyFile> => {
  const text = await readFile(file).catch(async (error: NodeJS.ErrnoException) => {
    const publicKey = await publicHalf(file)
    const about = { missing: error.code === 'ENOENT', ...(publicKey ? { publicKey } : {}) }
    throw new BadKeyFile(`cannot be read: ${error.code ?? error.message}`, about)
  })
  const unlock = (passphrase: string | undefined): ParsedKey | undefined => {
    const key = parse(text, passphrase)
    return key instanceof Error ? undefined : key
  }
  const key = parse(text)
  if (!(key instanceof Error)) {
    if (!key.isPrivateKey()) throw new BadKeyFile('is a public key', { publicKey: key })
    return { file, publicKey: key, isLocked: false, unlock }
  }
  if (!/passphrase|encrypted/i.test(key.message)) throw new BadKeyFile(`not usable: ${key.message}`)
  return { file, publicKey: publicWithin(text) ?? (await publicHalf(file)), isLocked: true, unlock }
}

const parse = (text: Buffer | string, passphrase?: string): ParsedKey | Error => {
  const parsed: unknown = ssh2.utils.parseKey(text, passphrase)
  return (Array.isArray(parsed) ? parsed[0] : parsed) as ParsedKey | Error
}

const publicHalf = async (file: string): Promise<ParsedKey | undefined> => {
  const text = await readFile(`${file}.pub`).catch(() => undefined)
  const key = text && parse(text)
  return key && !(key instanceof Error) ? key : undefined
}

const MAGIC = 'openssh-key-v1\0'

/** OpenSSH's own format has the public half in the clear, behind cipher, key derivation and the number of keys. */
const publicWithin = (text: Buffer): ParsedKey | undefined => {
  const base64 = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(text.toString('latin1'))?.[1]
  if (!base64) return undefined
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined
  let at = MAGIC.length
  const field = (): Buffer => {
    const start = at + 4
    at = start + bytes.readUInt32BE(at)
    return bytes.subarray(start, at)
  }
  try {
    for (let skipped = 0; skipped < 3; skipped++) field()
    at += 4
    const blob = field()
    const type = blob.toString('latin1', 4, 4 + blob.readUInt32BE(0))
    const key = parse(`${type} ${blob.toString('base64')}`)
    return key instanceof Error ? undefined : key
  } catch {
    return undefined
  }
}
