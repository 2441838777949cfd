import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatError, LifeboatError } from '../../../src/base/errors.ts'
import { decryptVault, encryptVault, isVault } from '../../../src/text/vault/index.ts'

const fixture = (name: string): string => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')
const PLAIN = 'password: s3cret\nnote: Zürich\n'

const errorOf = (run: () => unknown): LifeboatError => {
  try {
    run()
  } catch (error) {
    if (error instanceof LifeboatError) return error
    throw error
  }
  throw new Error('no error was thrown')
}

describe('decryptVault', () => {
  it('opens what ansible-vault encrypted, formats 1.1 and 1.2', () => {
    expect(decryptVault(fixture('format-1.1.yml'), ['secret-one'])).toBe(PLAIN)
    expect(decryptVault(fixture('format-1.2.yml'), [{ password: 'secret-one', label: 'prod' }])).toBe(PLAIN)
  })

  it('tries every password, whatever its vault id', () => {
    expect(decryptVault(fixture('format-1.2.yml'), ['other', { password: 'secret-one', label: 'dev' }])).toBe(PLAIN)
  })

  it('opens a text that is indented, as it stands under !vault', () => {
    expect(decryptVault(fixture('format-1.1.yml').replace(/^/gm, '    '), ['secret-one'])).toBe(PLAIN)
  })

  it('says that no password was given', () => {
    expect(formatError(errorOf(() => decryptVault(fixture('format-1.1.yml'), [])))).toBe(
      'error[vault/no-password]: this text is encrypted and no vault password was given\n' +
        '  hint: give the password with --vault-password-file FILE or --ask-vault-pass',
    )
  })

  it('names the vault id when no password opens the text, and never a password', () => {
    expect(formatError(errorOf(() => decryptVault(fixture('format-1.2.yml'), ['wrong-one', 'wrong-two'])))).toBe(
      'error[vault/wrong-password]: no vault password given opens this text of the vault id "prod"\n' +
        '  hint: 2 passwords were tried',
    )
  })

  it('finds a changed byte by the signature, before anything is decrypted', () => {
    const lines = fixture('format-1.1.yml').split('\n')
    const last = lines.at(-2) as string
    lines[lines.length - 2] = last.slice(0, -1) + (last.endsWith('1') ? '2' : '1')
    expect(errorOf(() => decryptVault(lines.join('\n'), ['secret-one'])).code).toBe('vault/wrong-password')
  })

  it.each([
    ['$ANSIBLE_VAULT;1.0;AES256\n00', 'its version 1.0 is not 1.1 or 1.2'],
    ['$ANSIBLE_VAULT;1.1;AES\n00', 'its cipher AES is not AES256'],
    ['$ANSIBLE_VAULT;1.1;AES256\nzz', 'it is not whole: hexadecimal digits are missing'],
    ['$ANSIBLE_VAULT;1.1;AES256\n616263', 'it does not hold a salt, an HMAC and a text'],
    ['plain', 'it does not begin with $ANSIBLE_VAULT'],
  ])('refuses %j', (text, why) => {
    const error = errorOf(() => decryptVault(text, ['x']))
    expect(error.code).toBe('vault/bad-format')
    expect(error.message).toBe(`this is not a text that Ansible Vault wrote: ${why}`)
  })
})

describe('encryptVault', () => {
  it('writes what decryptVault opens, for any text and password', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ minLength: 1 }), (text, password) => {
        const written = encryptVault(text, password)
        expect(isVault(written)).toBe(true)
        expect(decryptVault(written, [password])).toBe(text)
      }),
      { numRuns: 10 },
    )
  })
})
