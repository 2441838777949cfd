import { createCipheriv, createHmac, randomBytes } from 'node:crypto'
import { writeEnvelope } from './envelope.ts'
import { deriveKeys } from './keys.ts'

const BLOCK = 16

/** Encrypts a text so that Ansible Vault and we open it; with a vault id in format 1.2, without one in 1.1. */
export const encryptVault = (text: string, password: string, label?: string): string => {
  const salt = randomBytes(32)
  const keys = deriveKeys(password, salt)
  const plain = Buffer.from(text, 'utf8')
  const padding = BLOCK - (plain.length % BLOCK)
  const cipher = createCipheriv('aes-256-ctr', keys.cipher, keys.counter)
  const ciphertext = Buffer.concat([
    cipher.update(plain),
    cipher.update(Buffer.alloc(padding, padding)),
    cipher.final(),
  ])
  const hmac = createHmac('sha256', keys.hmac).update(ciphertext).digest()
  return writeEnvelope({ label, salt, hmac, ciphertext })
}
