import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { AnyAuthMethod } from 'ssh2'
import ssh2 from 'ssh2'
import { LifeboatError } from '../../base/errors.ts'
import { formatAddress, type SshOptions } from './options.ts'

const DEFAULT_IDENTITIES = ['id_ed25519', 'id_ecdsa', 'id_rsa']

interface Attempt {
  readonly method: AnyAuthMethod
  /** For the list of what was tried. */
  readonly label: string
}

export interface Authentication {
  /** ssh2's `authHandler`: the next method, or false when there is none left. */
  next(offered: readonly string[] | null): AnyAuthMethod | false
  /** The error that says what was tried and what the host offers. */
  failure(): LifeboatError
}

/** Collects what the login can be tried with: given keys, the agent, the default keys, the password. */
export const prepareAuthentication = async (options: SshOptions): Promise<Authentication> => {
  const notes: string[] = []
  const given = options.identityFiles.length > 0
  const keys = await readIdentities(options, notes)
  const agent: Attempt[] = options.agent
    ? [{ method: { type: 'agent', username: options.user, agent: options.agent }, label: 'keys of the agent' }]
    : []
  const attempts = [...(given ? [...keys, ...agent] : [...agent, ...keys]), ...passwordAttempts(options)]
  const tried: string[] = []
  let offers: readonly string[] | null = null

  return {
    next(offered) {
      offers = offered ?? offers
      for (let attempt = attempts.shift(); attempt; attempt = attempts.shift()) {
        const wanted = attempt.method.type === 'agent' ? 'publickey' : attempt.method.type
        if (offers && !offers.includes(wanted)) continue
        tried.push(attempt.label)
        return attempt.method
      }
      return false
    },
    failure() {
      const list = [...tried, ...notes].join(', ') || 'nothing, as there is no key, no agent and no password'
      const offering = offers ? `; it offers ${offers.join(', ')}` : ''
      return new LifeboatError(
        'host/auth',
        `${options.name} (${formatAddress(options)}) did not let ${options.user} in; tried: ${list}${offering}`,
        { hints: hints(options, notes), data: { tried, offered: offers ?? [] } },
      )
    },
  }
}

const hints = (options: SshOptions, notes: readonly string[]): string[] => {
  const all: string[] = []
  if (notes.some((note) => note.includes('passphrase'))) {
    all.push('load a key with a passphrase into the agent: ssh-add FILE')
  }
  all.push(
    `name a key with --private-key or ansible_ssh_private_key_file, or give a password with -k (--ask-pass)`,
    `see what OpenSSH says: ssh -v -p ${options.port} ${options.user}@${options.address} true`,
  )
  return all
}

const readIdentities = async (options: SshOptions, notes: string[]): Promise<Attempt[]> => {
  const given = options.identityFiles.length > 0
  const files = given ? options.identityFiles : DEFAULT_IDENTITIES.map((name) => join(homedir(), '.ssh', name))
  const attempts: Attempt[] = []
  for (const file of files) {
    const text = await readFile(file).catch((error: NodeJS.ErrnoException) => error)
    if (text instanceof Error) {
      if (given || text.code !== 'ENOENT') notes.push(`key ${file} (cannot be read: ${text.code ?? text.message})`)
      continue
    }
    const problem = keyProblem(text)
    if (problem) notes.push(`key ${file} (${problem})`)
    else attempts.push({ method: { type: 'publickey', username: options.user, key: text }, label: `key ${file}` })
  }
  return attempts
}

const keyProblem = (text: Buffer): string | undefined => {
  const parsed: unknown = ssh2.utils.parseKey(text)
  const first: unknown = Array.isArray(parsed) ? parsed[0] : parsed
  if (first instanceof Error) {
    return /passphrase|encrypted/i.test(first.message) ? 'has a passphrase' : `not usable: ${first.message}`
  }
  return (first as { isPrivateKey(): boolean }).isPrivateKey() ? undefined : 'is a public key'
}

const passwordAttempts = (options: SshOptions): Attempt[] => {
  const { password, user } = options
  if (password === undefined) return []
  return [
    { method: { type: 'password', username: user, password }, label: 'password' },
    {
      method: {
        type: 'keyboard-interactive',
        username: user,
        // Hidden questions want the password; a second factor cannot be answered.
        prompt: (_name, _instructions, _language, prompts, finish) =>
          finish(prompts.map((prompt) => (prompt.echo ? '' : password))),
      },
      label: 'password (keyboard-interactive)',
    },
  ]
}
