import { createHash } from 'node:crypto'
import { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import { type KnownHost, knownHostName, matchesName, type NamedHost } from './known-hosts.ts'
import { newHostsFile, type SshOptions } from './options.ts'

/** What the known_hosts files say of a key. */
export type Verdict =
  | { readonly kind: 'known' }
  | { readonly kind: 'unknown'; readonly certAuthority: KnownHost | undefined; readonly others: readonly KnownHost[] }
  | { readonly kind: 'changed'; readonly entry: KnownHost }
  | { readonly kind: 'revoked'; readonly entry: KnownHost }

/** `SHA256:…` as ssh-keygen prints it. */
export const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replaceAll('=', '')}`

/** The type that a key blob names itself: `ssh-ed25519`. */
export const keyTypeOf = (key: Buffer): string => key.toString('latin1', 4, 4 + key.readUInt32BE(0))

/** Entries of a host. */
export const entriesFor = (entries: readonly KnownHost[], host: NamedHost): KnownHost[] => {
  const name = knownHostName(host)
  return entries.filter((entry) => matchesName(entry, name))
}

/** Judges the key that a host shows. A port of its own falls back to entries without a port, as in OpenSSH, for a match only. */
export const judgeHostKey = (entries: readonly KnownHost[], host: NamedHost, key: Buffer): Verdict => {
  const shown = key.toString('base64')
  const own = entriesFor(entries, host)
  const portless =
    host.port === 22 || host.hostKeyAlias !== undefined ? [] : entriesFor(entries, { address: host.address, port: 22 })
  const revoked = [...own, ...portless].find((entry) => entry.marker === 'revoked' && entry.key === shown)
  if (revoked) return { kind: 'revoked', entry: revoked }
  const plain = (entry: KnownHost): boolean => entry.marker === undefined
  if ([...own, ...portless].some((entry) => plain(entry) && entry.key === shown)) return { kind: 'known' }
  const type = keyTypeOf(key)
  const changed = own.find((entry) => plain(entry) && entry.keyType === type)
  if (changed) return { kind: 'changed', entry: changed }
  return {
    kind: 'unknown',
    certAuthority: own.find((entry) => entry.marker === 'cert-authority'),
    others: own.filter(plain),
  }
}

/** The error of a key that may not be trusted. */
export const hostKeyError = (options: SshOptions, key: Buffer, verdict: Verdict): LifeboatError => {
  const shown = `${keyTypeOf(key)} key ${fingerprint(key)}`
  const name = knownHostName(options)
  const data = { fingerprint: fingerprint(key), keyType: keyTypeOf(key) }
  if (verdict.kind === 'revoked') {
    return new LifeboatError(
      'host/revoked-host-key',
      `${options.name} (${name}) shows the ${shown}, which ${place(verdict.entry)} marks as revoked`,
      { data },
    )
  }
  if (verdict.kind === 'changed') {
    return new LifeboatError(
      'host/changed-host-key',
      `${options.name} (${name}) shows the ${shown}, but ${place(verdict.entry)} has another ${verdict.entry.keyType} key for it`,
      {
        data,
        hints: [
          'either the host was set up anew, or somebody stands in between: compare the fingerprint on the host with ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub',
          `if the new key is right: ssh-keygen -f ${quote(verdict.entry.file)} -R ${quote(name)}`,
        ],
      },
    )
  }
  return new LifeboatError(
    'host/unknown-host-key',
    `${options.name} (${name}) shows the ${shown}, which is not known`,
    {
      data,
      hints: verdict.kind === 'unknown' ? unknownHints(options, verdict) : [],
    },
  )
}

/** What shows whether a key that was never seen is the host's. */
export const COMPARE = 'compare the fingerprint on the host: ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub'

const unknownHints = (options: SshOptions, verdict: Extract<Verdict, { kind: 'unknown' }>): string[] => {
  const port = options.port === 22 ? '' : `-p ${options.port} `
  const file = newHostsFile(options) ?? '~/.ssh/known_hosts'
  const hints = [
    COMPARE,
    `then accept it with --accept-new-host-keys, or add it: ssh-keyscan ${port}${quote(options.address)} >> ${quoteFile(file)}`,
  ]
  const [other] = verdict.others
  if (other) hints.unshift(`${place(other)} has a ${other.keyType} key of the host, which the host did not show`)
  if (verdict.certAuthority) {
    hints.unshift(
      `${place(verdict.certAuthority)} trusts an authority for it, but certificates of hosts are not supported: ` +
        'set ansible_connection: openssh, which verifies them, or add the host key itself',
    )
  }
  return hints
}

const quoteFile = (file: string): string => (file.startsWith('~/') ? file : quote(file))
const place = (entry: KnownHost): string => `${entry.file}:${entry.line}`
