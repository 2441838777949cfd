import { LifeboatError } from '../../base/errors.ts'
import type { SshRequest } from './request.ts'
import type { Setting } from './settings.ts'

/**
 * The hosts of a ProxyJump, `[user@]host[:port]` or `ssh://[user@]host[:port]` each, the first one first. As in OpenSSH
 * they share the configuration file with the host behind them, but none of its user, keys and passwords.
 *
 * @throws host/bad-ssh-config
 */
export const jumpRequests = (behind: SshRequest, hops: string): SshRequest[] =>
  hops.split(',').map((hop) => {
    const text = hop.trim()
    const plain = text.replace(/^ssh:\/\//, '').replace(/\/$/, '')
    const [, user, bracketed, name, port] =
      /^(?:(.+)@)?(?:\[([^\]]+)\]|([^:@[\]]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*))(?::(\d+))?$/.exec(plain) ?? []
    const destination = bracketed ?? name
    if (!destination || destination.startsWith('-')) {
      throw new LifeboatError('host/bad-ssh-config', `"${text}" in the ProxyJump of ${behind.name} names no host`, {
        hints: ['write it as user@host:port; several with commas between them'],
      })
    }
    const settings: Setting[] = []
    if (user !== undefined) settings.push(['user', user])
    if (port !== undefined) settings.push(['port', port])
    const { configFile, acceptNewHostKeys } = behind
    return { name: destination, destination, settings, configFile, acceptNewHostKeys }
  })
