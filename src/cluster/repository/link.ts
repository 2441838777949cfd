import { createHash } from 'node:crypto'
import { LifeboatError } from '../../base/errors.ts'
import type { RepositoryLayout } from './layout.ts'

/** How a database host reaches the repository host. */
export interface LinkWish {
  /** Name or address as the database host resolves it. */
  readonly address: string
  readonly port: number
  readonly user: string
  /** Public keys of the repository host, `ssh-ed25519 AAAA…`: it is let in nowhere else. */
  readonly hostKeys: readonly string[]
}

/** Names of the files of a link, beside its private key `key` and the public one `key.pub`. */
export const LINK_FILES = ['config', 'known_hosts', 'socket'] as const

export type LinkFiles = Readonly<Record<(typeof LINK_FILES)[number], string>>

/** The folder of a link's files: one a cluster and repository, so that each has a key of its own. */
export const linkFolder = (helperFolder: string, layout: RepositoryLayout): string =>
  layout.location.kind === 'ssh' ? `${helperFolder}/ssh/${layout.location.host}${layout.folder}` : ''

/**
 * The files of a link by their names. ssh is run inside its folder and reads nothing but `config`: no file of the system
 * or the user, no agent, no host key but those that are pinned under one name, whatever the address.
 *
 * @throws archive/no-helper-folder when the folder's path cannot stand in a configuration of ssh
 */
export const formatLink = (helperFolder: string, layout: RepositoryLayout, wish: LinkWish): LinkFiles => {
  const socket = socketPath(helperFolder, layout)
  return {
    known_hosts: wish.hostKeys.map((key) => `repository ${key}\n`).join(''),
    socket: `${socket}\n`,
    config: `# Written by Lifeboat (postgresql_archive): the way to ${layout.place}, for ssh in this folder.
Host repository
  HostName ${percentless(wish.address)}
  Port ${wish.port}
  User ${wish.user}
  IdentityFile key
  IdentitiesOnly yes
  IdentityAgent none
  PreferredAuthentications publickey
  BatchMode yes
  UserKnownHostsFile known_hosts
  GlobalKnownHostsFile /dev/null
  HostKeyAlias repository
  StrictHostKeyChecking yes
  CheckHostIP no
  ConnectTimeout 10
  ServerAliveInterval 15
  ServerAliveCountMax 3
  ControlMaster ${socket === '' ? 'no' : 'auto'}
  ControlPath ${socket === '' ? 'none' : word(socket)}
  ControlPersist ${socket === '' ? 'no' : '180'}
  Ciphers aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr
  Compression no
  RequestTTY no
  ForwardAgent no
  ForwardX11 no
  ClearAllForwardings yes
  PermitLocalCommand no
  LogLevel ERROR
`,
  }
}

/** The socket of the connection that is kept; empty where its path would be longer than a socket's may be. */
const socketPath = (helperFolder: string, layout: RepositoryLayout): string => {
  const path = `${helperFolder}/s-${createHash('sha256').update(layout.place).digest('hex').slice(0, 8)}`
  // ssh binds it under a name that is 17 characters longer first; the limit is 107.
  return Buffer.byteLength(path) + 17 <= 107 ? path : ''
}

const word = (path: string): string => {
  if (!/["\n]|\$\{/.test(path)) return `"${percentless(path)}"`
  throw new LifeboatError('archive/no-helper-folder', `${path} cannot stand in a configuration of ssh`)
}

const percentless = (text: string): string => text.replaceAll('%', '%%')
