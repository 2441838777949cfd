import { createHash } from 'node:crypto'

export type ShaCrypt = 'sha256' | 'sha512'

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const DEFAULT_ROUNDS = 5000

/**
 * The hash of a password as crypt(3) and /etc/shadow have it: `$5$` (SHA-256) and `$6$` (SHA-512), by Drepper's
 * "Unix crypt using SHA-256 and SHA-512". Rounds are 1,000 to 999,999,999; the salt's first 16 characters count.
 */
export const shaCrypt = (kind: ShaCrypt, password: string, salt: string, rounds?: number): string => {
  const key = Buffer.from(password, 'utf8')
  const seasoning = Buffer.from(salt.slice(0, 16), 'utf8')
  const count = Math.min(999_999_999, Math.max(1000, rounds ?? DEFAULT_ROUNDS))
  const digest = stretch(kind, key, seasoning, firstDigest(kind, key, seasoning), count)
  const prefix = `$${kind === 'sha256' ? 5 : 6}$${rounds === undefined ? '' : `rounds=${count}$`}`
  return `${prefix}${salt.slice(0, 16)}$${encode(kind, digest)}`
}

const hash = (kind: ShaCrypt, ...parts: readonly Buffer[]): Buffer => {
  const hasher = createHash(kind)
  for (const part of parts) hasher.update(part)
  return hasher.digest()
}

/** A digest repeated and cut to a length. */
const fill = (digest: Buffer, length: number): Buffer => Buffer.alloc(length, digest)

const firstDigest = (kind: ShaCrypt, key: Buffer, salt: Buffer): Buffer => {
  const alternate = hash(kind, key, salt, key)
  const parts = [key, salt, fill(alternate, key.length)]
  for (let bits = key.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? alternate : key)
  return hash(kind, ...parts)
}

const stretch = (kind: ShaCrypt, key: Buffer, salt: Buffer, first: Buffer, rounds: number): Buffer => {
  const keys = fill(hash(kind, ...Array.from({ length: key.length }, () => key)), key.length)
  const salts = fill(hash(kind, ...Array.from({ length: 16 + (first[0] ?? 0) }, () => salt)), salt.length)
  let digest = first
  for (let round = 0; round < rounds; round++) {
    const parts = [round % 2 ? keys : digest]
    if (round % 3) parts.push(salts)
    if (round % 7) parts.push(keys)
    parts.push(round % 2 ? digest : keys)
    digest = hash(kind, ...parts)
  }
  return digest
}

/** The digest in groups of three bytes, whose order turns with each group, six bits a character from the lowest. */
const encode = (kind: ShaCrypt, digest: Buffer): string => {
  const third = Math.floor(digest.length / 3)
  const turns = kind === 'sha256' ? [0, 2, 1] : [0, 1, 2]
  let text = ''
  for (let group = 0; group < third; group++) {
    const turn = turns[group % 3] as number
    const order = [turn, (turn + 1) % 3, (turn + 2) % 3].map((column) => digest[group + column * third] ?? 0)
    text += characters(((order[0] ?? 0) << 16) | ((order[1] ?? 0) << 8) | (order[2] ?? 0), 4)
  }
  if (kind === 'sha512') return text + characters(digest[63] ?? 0, 2)
  return text + characters(((digest[31] ?? 0) << 8) | (digest[30] ?? 0), 3)
}

const characters = (value: number, count: number): string =>
  Array.from({ length: count }, (_, index) => ALPHABET[(value >> (6 * index)) & 0x3f]).join('')
