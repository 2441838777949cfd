import type { Client } from 'ssh2'
import { connect } from './connect.ts'
import { Doors } from './doors.ts'
import { Jumps } from './jumps.ts'
import type { KnownHostsMemory } from './known-hosts-files.ts'
import type { SshOptions } from './options.ts'
import { type AskPassphrase, Passphrases } from './passphrases.ts'

/** What the connections of one run have in common. */
export interface Shared {
  readonly doors: Doors
  readonly jumps: Jumps
  readonly passphrases: Passphrases
  /** Public keys, base64, that let somebody in, the last one first: other hosts are likely to take them too. */
  readonly provenKeys: string[]
  readonly knownHosts: KnownHostsMemory
}

export const newShared = (ask?: AskPassphrase): Shared => {
  const shared: Shared = {
    doors: new Doors(),
    jumps: new Jumps((options: SshOptions): Promise<Client> => connect(options, shared)),
    passphrases: new Passphrases(ask),
    provenKeys: [],
    knownHosts: new Map(),
  }
  return shared
}
