import type { Connection } from '../connection.ts'
import type { ReadConfig } from './config/lookup.ts'
import { configReader } from './config/read-config.ts'
import type { AskPassphrase } from './passphrases.ts'
import type { SshRequest } from './request.ts'
import { resolveSsh } from './resolve.ts'
import type { Shared } from './shared.ts'

/** What is asked for one host. */
export interface SshHost {
  readonly request: SshRequest
  readonly executable: string
}

/**
 * Opens hosts over ssh: looks up how each is reached, then gives its connection. `ask` asks for passphrases of keys.
 *
 * @throws host/bad-ssh-config, host/unsupported-ssh-config, when a host is opened
 */
export const sshOpener = (ask?: AskPassphrase): ((host: SshHost) => Promise<Connection>) => {
  let shared: Shared | undefined
  const readers = new Map<string, ReadConfig>()
  const readerOf = (executable: string): ReadConfig => {
    const reader = readers.get(executable) ?? configReader(executable)
    readers.set(executable, reader)
    return reader
  }
  return async ({ request, executable }) => {
    // ssh2 takes as long to load as the ssh program takes to answer.
    const [{ sshConnection }, { newShared }, options] = await Promise.all([
      import('./connection.ts'),
      import('./shared.ts'),
      resolveSsh(request, readerOf(executable)),
    ])
    shared ??= newShared(ask)
    return sshConnection(options, shared)
  }
}
