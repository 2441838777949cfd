import { LifeboatError } from '../../base/errors.ts'
import type { Position } from '../../base/position.ts'

/** What stands in an encrypted text: everything that is needed to open it but the password. */
export interface Envelope {
  /** The vault id of format 1.2, undefined in 1.1. */
  readonly label: string | undefined
  readonly salt: Buffer
  readonly hmac: Buffer
  readonly ciphertext: Buffer
}

const HEADER = '$ANSIBLE_VAULT'
const SALT_AND_HMAC = /^[\da-f]+$/i

/** Whether a text is encrypted with Ansible Vault. */
export const isVault = (text: string): boolean => text.trimStart().startsWith(`${HEADER};`)

/**
 * Reads `$ANSIBLE_VAULT;1.1;AES256` and `;1.2;AES256;label`, each followed by lines of hexadecimal digits.
 *
 * @throws vault/bad-format
 */
export const readEnvelope = (text: string, where?: Position): Envelope => {
  const [header = '', ...lines] = text.trim().split(/\r?\n/)
  const [mark, version, cipher, label] = header.trim().split(';')
  if (mark !== HEADER) throw bad(`it does not begin with ${HEADER}`, where)
  if (version !== '1.1' && version !== '1.2') throw bad(`its version ${version ?? '(none)'} is not 1.1 or 1.2`, where)
  if (cipher !== 'AES256') throw bad(`its cipher ${cipher ?? '(none)'} is not AES256`, where)
  const parts = fromHex(lines.map((line) => line.trim()).join(''), where)
    .toString('latin1')
    .split('\n')
  const [salt, hmac, ciphertext] = parts
  if (parts.length !== 3 || salt === undefined || hmac === undefined || ciphertext === undefined) {
    throw bad('it does not hold a salt, an HMAC and a text', where)
  }
  return {
    label: version === '1.2' ? label : undefined,
    salt: fromHex(salt, where),
    hmac: fromHex(hmac, where),
    ciphertext: fromHex(ciphertext, where),
  }
}

/** Writes an envelope in lines of 80 characters. */
export const writeEnvelope = ({ label, salt, hmac, ciphertext }: Envelope): string => {
  const inner = [salt, hmac, ciphertext].map((part) => part.toString('hex')).join('\n')
  const digits = Buffer.from(inner, 'latin1').toString('hex')
  const header = label === undefined ? `${HEADER};1.1;AES256` : `${HEADER};1.2;AES256;${label}`
  return `${[header, ...(digits.match(/.{1,80}/g) ?? [])].join('\n')}\n`
}

const fromHex = (text: string, where: Position | undefined): Buffer => {
  if (!SALT_AND_HMAC.test(text) || text.length % 2 !== 0)
    throw bad('it is not whole: hexadecimal digits are missing', where)
  return Buffer.from(text, 'hex')
}

const bad = (why: string, where: Position | undefined): LifeboatError =>
  new LifeboatError('vault/bad-format', `this is not a text that Ansible Vault wrote: ${why}`, {
    where,
    hints: ['check that the text was copied whole, with its first line'],
  })
