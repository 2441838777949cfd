import { createHash, pbkdf2Sync } from 'node:crypto'

/** Keys that a password and a salt give: one to encrypt, one to sign, and where the counter begins. */
export interface VaultKeys {
  readonly cipher: Buffer
  readonly hmac: Buffer
  readonly counter: Buffer
}

const ROUNDS = 10_000
const known = new Map<string, VaultKeys>()

/** PBKDF2-HMAC-SHA256, 10,000 rounds, 80 bytes; remembered, since the texts of one file often share a password. */
export const deriveKeys = (password: string, salt: Buffer): VaultKeys => {
  const id = createHash('sha256').update(salt).update('\0').update(password).digest('base64')
  const found = known.get(id)
  if (found) return found
  const bytes = pbkdf2Sync(password, salt, ROUNDS, 80, 'sha256')
  const keys = { cipher: bytes.subarray(0, 32), hmac: bytes.subarray(32, 64), counter: bytes.subarray(64, 80) }
  known.set(id, keys)
  return keys
}
