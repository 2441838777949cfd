import { readFile } from 'node:fs/promises'
import { LifeboatError } from '../../base/errors.ts'
import type { SshOptions } from './options.ts'

/** How ssh-keygen -k begins a list of its own format. */
const BINARY_LIST = 'SSHKRL\n'

/**
 * Refuses a key that the file of `RevokedHostKeys` names. As in OpenSSH a file that cannot be read refuses every key.
 *
 * @throws host/revoked-host-key, host/unsupported-ssh-config
 */
export const refuseRevoked = async (options: SshOptions, key: Buffer): Promise<void> => {
  const file = options.revokedHostKeys
  if (file === undefined) return
  const list = await readFile(file, 'latin1').catch((error: NodeJS.ErrnoException) => {
    throw new LifeboatError(
      'host/revoked-host-key',
      `the key of ${options.name} cannot be compared with RevokedHostKeys: ${file} cannot be read: ${error.message}`,
    )
  })
  if (list.startsWith(BINARY_LIST)) {
    throw new LifeboatError(
      'host/unsupported-ssh-config',
      `the ssh configuration of ${options.name} has "RevokedHostKeys ${file}", a list that the built-in ssh client cannot read`,
      { hints: ['name a file with one public key a line, or set ansible_connection: openssh for the host'] },
    )
  }
  const shown = key.toString('base64')
  const line = list.split('\n').findIndex((text) => !text.startsWith('#') && text.split(/\s+/).includes(shown))
  if (line === -1) return
  throw new LifeboatError(
    'host/revoked-host-key',
    `${options.name} shows a key that ${file}:${line + 1} names as revoked`,
  )
}
