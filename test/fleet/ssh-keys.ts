import { readFileSync } from 'node:fs'
import { $ } from 'zx/core'

export type KeyType = 'ed25519' | 'ecdsa'

/** Makes a key pair without a passphrase and returns the public line without its comment. */
export async function makeKey(file: string, type: KeyType, comment: string): Promise<string> {
  await $({ quiet: true })`ssh-keygen -q -t ${type} -N '' -C ${comment} -f ${file}`
  return readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')
}
