import { LifeboatError } from '../../base/errors.ts'
import { matchesWildcard } from '../../base/wildcard.ts'
import type { Algorithms } from './options.ts'
import type { Settings } from './settings.ts'

/** What the ssh library can do, the best first: its own order, without what OpenSSH has put away. */
const KEX = [
  'curve25519-sha256@libssh.org',
  'curve25519-sha256',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group-exchange-sha256',
  'diffie-hellman-group14-sha256',
  'diffie-hellman-group15-sha512',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group17-sha512',
  'diffie-hellman-group18-sha512',
]
const CIPHERS = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
  'chacha20-poly1305@openssh.com',
]
const MACS = [
  'hmac-sha2-256-etm@openssh.com',
  'hmac-sha2-512-etm@openssh.com',
  'hmac-sha1-etm@openssh.com',
  'hmac-sha2-256',
  'hmac-sha2-512',
  'hmac-sha1',
]
/** Signature algorithms of host keys. `ssh-rsa` signs with SHA-1, which old servers alone still do. */
export const HOST_KEY_ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
]

/** What the library can do besides, when it is asked for by name. */
const OLD: Readonly<Record<keyof Algorithms, readonly string[]>> = {
  kex: ['diffie-hellman-group-exchange-sha1', 'diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  cipher: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'],
  mac: ['hmac-md5', 'hmac-sha1-96', 'hmac-md5-96'],
  hostKey: [],
}

/**
 * The algorithms that settings ask for, as far as the library has them.
 *
 * @throws host/unsupported-ssh-config where a list names none that it has
 */
export const chooseAlgorithms = (name: string, settings: Settings): Algorithms => {
  const choose = (option: string, asked: string | undefined, usual: readonly string[], key: keyof Algorithms) => {
    if (asked === undefined) return undefined
    const chosen = fromList(asked, usual, [...usual, ...OLD[key]])
    if (chosen.length > 0) return chosen
    throw new LifeboatError(
      'host/unsupported-ssh-config',
      `the ssh configuration of ${name} has "${option} ${asked}", none of which the built-in ssh client has`,
      {
        hints: [
          `it has ${[...usual, ...OLD[key]].join(', ')}`,
          'or set ansible_connection: openssh for the host: then the ssh program connects',
        ],
      },
    )
  }
  return {
    kex: choose('KexAlgorithms', settings.kexAlgorithms, KEX, 'kex'),
    cipher: choose('Ciphers', settings.ciphers, CIPHERS, 'cipher'),
    mac: choose('MACs', settings.macs, MACS, 'mac'),
    hostKey: choose('HostKeyAlgorithms', settings.hostKeyAlgorithms, HOST_KEY_ALGORITHMS, 'hostKey'),
  }
}

/** A list of ssh_config: names, or with `+` added to the usual, with `^` put before them, with `-` taken away. */
const fromList = (list: string, usual: readonly string[], supported: readonly string[]): string[] => {
  const sign = /^[+^-]/.exec(list)?.[0]
  const patterns = (sign ? list.slice(1) : list).split(',').map((pattern) => pattern.trim())
  const named = patterns.flatMap((pattern) => supported.filter((name) => matchesWildcard(pattern, name)))
  const rest = usual.filter((name) => !named.includes(name))
  if (sign === '-') return rest
  const order = { '+': [...usual, ...named], '^': [...named, ...rest] }
  return [...new Set(sign ? order[sign as '+' | '^'] : named)]
}
