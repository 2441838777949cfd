import { LifeboatError } from '../../../base/errors.ts'
import { askOpenssh, NoOpenssh } from './ask-openssh.ts'
import type { ReadConfig } from './lookup.ts'

/**
 * Reads ssh_config as OpenSSH reads it: by the ssh program where there is one, else by a library.
 *
 * @throws host/bad-ssh-config
 */
export const configReader = (executable: string): ReadConfig => {
  const openssh = askOpenssh(executable)
  let files: Promise<ReadConfig> | undefined
  return async (lookup) => {
    for (const value of [lookup.destination, lookup.user, lookup.address]) {
      if (value !== undefined && /[\r\n\0]/.test(value)) {
        throw new LifeboatError('host/bad-variable', `${JSON.stringify(value)} is no name of a host or user`)
      }
    }
    if (!files) {
      try {
        return await openssh(lookup)
      } catch (error) {
        if (!(error instanceof NoOpenssh)) throw error
        files ??= import('./parse-files.ts').then(({ parseConfigFiles }) => parseConfigFiles())
      }
    }
    return await (await files)(lookup)
  }
}
