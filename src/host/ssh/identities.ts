import { homedir } from 'node:os'
import { join } from 'node:path'
import type { IdentityCallback, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2'
import ssh2 from 'ssh2'
import { type AgentKeys, listAgentKeys } from './agent.ts'
import type { Deadline } from './deadline.ts'
import { fingerprint } from './host-key.ts'
import { BadKeyFile, type KeyFile, readKeyFile } from './key-file.ts'
import type { SshOptions } from './options.ts'
import type { Shared } from './shared.ts'

const DEFAULT_IDENTITIES = ['id_ed25519', 'id_ecdsa', 'id_rsa']

/** A key that a login can be tried with. */
export interface Identity {
  /** For the account of what was tried. */
  readonly label: string
  /** Base64. */
  readonly publicKey: string
  /** Holds this one key; it may ask for a passphrase when the host has said that it would take the key. */
  readonly agent: InstanceType<typeof ssh2.BaseAgent<ParsedKey>>
}

export interface Identities {
  readonly keys: readonly Identity[]
  /** Keys that cannot be tried, and why. */
  readonly notes: string[]
}

/**
 * The keys for a host, in the order in which they are tried. Named key files come first, each by the agent where it has
 * the key; then the agent's other keys, those first that have let somebody in already; the usual files come last.
 */
export const findIdentities = async (options: SshOptions, shared: Shared, deadline: Deadline): Promise<Identities> => {
  const notes: string[] = []
  const named = options.identityFiles !== undefined
  const files = options.identityFiles ?? DEFAULT_IDENTITIES.map((name) => join(homedir(), '.ssh', name))
  const agent = await agentKeys(options, notes)
  const fromAgent = (key: ParsedKey): Identity => agentIdentity(options.agent ?? '', key)

  const ofFiles: Identity[] = []
  for (const file of files) {
    const key = await readKeyFile(file).catch((error: unknown) => error)
    const publicKey = key instanceof BadKeyFile ? key.publicKey : (key as KeyFile).publicKey
    const held = publicKey && agent.keys.find((other) => blobOf(other) === blobOf(publicKey))
    if (held) ofFiles.push(fromAgent(held))
    else if (key instanceof BadKeyFile) {
      if (named || !key.missing) notes.push(`key ${file} (${key.message})`)
    } else if (!publicKey) notes.push(`key ${file} (has a passphrase, and its public half ${file}.pub is missing)`)
    else ofFiles.push(fileIdentity(key as KeyFile, publicKey, options, { shared, deadline, notes }))
  }

  const others = options.identitiesOnly ? [] : provenFirst(agent.keys.map(fromAgent), shared.provenKeys)
  const all = named ? [...ofFiles, ...others] : [...others, ...ofFiles]
  return {
    keys: all.filter(({ publicKey }, index) => all.findIndex((key) => key.publicKey === publicKey) === index),
    notes,
  }
}

const agentKeys = async (options: SshOptions, notes: string[]): Promise<AgentKeys> => {
  const none: AgentKeys = { keys: [], unusable: [] }
  if (options.agent === undefined) return none
  try {
    const found = await listAgentKeys(options.agent)
    for (const type of new Set(found.unusable))
      notes.push(`a key of the agent (${type} needs ansible_connection: openssh)`)
    return found
  } catch (error) {
    notes.push(`the agent ${options.agent} (${error instanceof Error ? error.message : String(error)})`)
    return none
  }
}

const blobOf = (key: ParsedKey): string => key.getPublicSSH().toString('base64')

const provenFirst = (keys: readonly Identity[], proven: readonly string[]): Identity[] => {
  const rank = ({ publicKey }: Identity): number => proven.indexOf(publicKey) + 1 || proven.length + 1
  return [...keys].sort((a, b) => rank(a) - rank(b))
}

const agentIdentity = (socket: string, key: ParsedKey): Identity => {
  const agent = ssh2.createAgent(socket)
  return {
    label: `key ${fingerprint(key.getPublicSSH())} of the agent${key.comment ? ` (${key.comment})` : ''}`,
    publicKey: blobOf(key),
    agent: new OneKey(key, (data, options, answer) => agent.sign(key, data, options, answer)),
  }
}

const fileIdentity = (
  file: KeyFile,
  publicKey: ParsedKey,
  options: SshOptions,
  { shared, deadline, notes }: { readonly shared: Shared; readonly deadline: Deadline; readonly notes: string[] },
): Identity => ({
  label: `key ${file.file}`,
  publicKey: blobOf(publicKey),
  agent: new OneKey(publicKey, (data, { hash }, answer) => {
    const unlocked = file.isLocked
      ? deadline.hold(shared.passphrases.unlock(file, options.passphrase))
      : Promise.resolve(file.unlock(undefined) ?? publicKey)
    unlocked.then(
      (key) => answer(undefined, key.sign(data, hash)),
      (error: Error) => {
        notes.push(`key ${file.file} (the host would take it; ${error.message})`)
        answer(error)
      },
    )
  }),
})

type Sign = (data: Buffer, options: SigningRequestOptions, answer: SignCallback) => void

/** An agent of one key: so each key is an attempt of its own, and is signed with only when the host wants it. */
class OneKey extends ssh2.BaseAgent<ParsedKey> {
  readonly #key: ParsedKey
  readonly #sign: Sign

  constructor(key: ParsedKey, sign: Sign) {
    super()
    this.#key = key
    this.#sign = sign
  }

  override getIdentities(answer: IdentityCallback<ParsedKey>): void {
    answer(undefined, [this.#key])
  }

  override sign(
    _key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    answer?: SignCallback,
  ): void {
    if (typeof options === 'function') this.#sign(data, {}, options)
    else this.#sign(data, options, answer ?? (() => {}))
  }
}
