import { createHmac, randomBytes } from 'node:crypto'
import { matchesWildcard } from '../../base/wildcard.ts'

/** A line of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export interface KnownHost {
  readonly file: string
  /** Counts from 1. */
  readonly line: number
  readonly marker: 'revoked' | 'cert-authority' | undefined
  /** Patterns as they stand there, or one hashed name. */
  readonly names: string
  /** `ssh-ed25519`, `ssh-rsa`, … */
  readonly keyType: string
  /** The key, base64. */
  readonly key: string
}

/** Reads a known_hosts file. Lines that are none of its format are passed over, as OpenSSH does. */
export const parseKnownHosts = (text: string, file: string): KnownHost[] => {
  const entries: KnownHost[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const fields = line.trim().split(/\s+/)
    if (!fields[0] || fields[0].startsWith('#')) continue
    const marker = fields[0].startsWith('@') ? fields.shift()?.slice(1) : undefined
    if (marker !== undefined && marker !== 'revoked' && marker !== 'cert-authority') continue
    const [names, keyType, key] = fields
    if (!names || !keyType || !key) continue
    entries.push({ file, line: index + 1, marker, names, keyType, key })
  }
  return entries
}

/** A host as known_hosts names it. */
export interface NamedHost {
  readonly address: string
  readonly port: number
  /** Stands for address and port where it is given (`HostKeyAlias`). */
  readonly hostKeyAlias?: string | undefined
}

/** The name that known_hosts has for a host. */
export const knownHostName = ({ address, port, hostKeyAlias }: NamedHost): string => {
  if (hostKeyAlias !== undefined) return hostKeyAlias.toLowerCase()
  const host = address.toLowerCase()
  return port === 22 ? host : `[${host}]:${port}`
}

/** A name as `HashKnownHosts` has it written: it can be found, but not read. */
export const hashedName = (name: string): string => {
  const salt = randomBytes(20)
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}

/** Whether an entry is about a host: `name` as `knownHostName` writes it. */
export const matchesName = (entry: KnownHost, name: string): boolean => {
  if (entry.names.startsWith('|')) return matchesHash(entry.names, name)
  let matched = false
  for (const pattern of entry.names.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!')
    if (!matchesWildcard(negated ? pattern.slice(1) : pattern, name)) continue
    if (negated) return false
    matched = true
  }
  return matched
}

/** `|1|salt|hash`: HMAC-SHA1 of the name. */
const matchesHash = (hashed: string, name: string): boolean => {
  const [, version, salt, hash] = hashed.split('|')
  if (version !== '1' || !salt || !hash) return false
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash
}
