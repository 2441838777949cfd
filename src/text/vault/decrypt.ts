import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { LifeboatError } from '../../base/errors.ts'
import type { Position } from '../../base/position.ts'
import { type Envelope, readEnvelope } from './envelope.ts'
import { deriveKeys } from './keys.ts'

/** A vault password, with the vault id that it belongs to where one was given. */
export interface VaultPassword {
  readonly password: string
  readonly label?: string | undefined
}

/**
 * Opens a text that Ansible Vault encrypted. The password of the text's own vault id is tried first, then the others.
 *
 * @throws vault/no-password, vault/wrong-password, vault/bad-format
 */
export const decryptVault = (
  text: string,
  passwords: readonly (string | VaultPassword)[],
  where?: Position,
): string => {
  const envelope = readEnvelope(text, where)
  const all = passwords.map((one) => (typeof one === 'string' ? { password: one } : one))
  if (all.length === 0) {
    throw new LifeboatError('vault/no-password', 'this text is encrypted and no vault password was given', {
      where,
      hints: ['give the password with --vault-password-file FILE or --ask-vault-pass'],
    })
  }
  const own = (one: VaultPassword): number => (one.label !== undefined && one.label === envelope.label ? 0 : 1)
  for (const { password } of [...all].sort((a, b) => own(a) - own(b))) {
    const opened = open(envelope, password, where)
    if (opened !== undefined) return opened
  }
  const id = envelope.label === undefined ? '' : ` of the vault id "${envelope.label}"`
  throw new LifeboatError('vault/wrong-password', `no vault password given opens this text${id}`, {
    where,
    hints: [all.length === 1 ? 'one password was tried' : `${all.length} passwords were tried`],
  })
}

/** Undefined where the signature says that this is not the password. */
const open = (envelope: Envelope, password: string, where: Position | undefined): string | undefined => {
  const keys = deriveKeys(password, envelope.salt)
  const hmac = createHmac('sha256', keys.hmac).update(envelope.ciphertext).digest()
  if (hmac.length !== envelope.hmac.length || !timingSafeEqual(hmac, envelope.hmac)) return undefined
  const decipher = createDecipheriv('aes-256-ctr', keys.cipher, keys.counter)
  const padded = Buffer.concat([decipher.update(envelope.ciphertext), decipher.final()])
  const padding = padded.at(-1) ?? 0
  if (padding < 1 || padding > 16 || padding > padded.length) {
    throw new LifeboatError('vault/bad-format', 'this is not a text that Ansible Vault wrote: its padding is wrong', {
      where,
    })
  }
  return padded.subarray(0, padded.length - padding).toString('utf8')
}
