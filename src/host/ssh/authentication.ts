import type { AnyAuthMethod, Prompt } from 'ssh2'
import { LifeboatError } from '../../base/errors.ts'
import type { Deadline } from './deadline.ts'
import { findIdentities, type Identities } from './identities.ts'
import { formatAddress, type Method, type SshOptions } from './options.ts'
import type { Shared } from './shared.ts'

const METHODS: readonly Method[] = ['publickey', 'password', 'keyboard-interactive']

/**
 * Connections that a login may take. sshd hangs up after six keys (MaxAuthTries), and an agent may have more; sshd also
 * counts failed logins against the address (PerSourcePenalties), which allows for a few.
 */
const MOST_CONNECTIONS = 3

interface Attempt {
  readonly method: AnyAuthMethod | { readonly type: 'none'; readonly username: string }
  readonly needs: Method | 'none'
  /** For the account of what was tried. */
  readonly label: string
  readonly publicKey?: string
}

export interface Authentication {
  /** ssh2's `authHandler`: the next method, or false when there is none left. A doubtful host gets no password. */
  next(offered: readonly string[] | null, isDoubtful: boolean): AnyAuthMethod | false
  /** The host has let us in. */
  succeeded(): void
  /** Whether there is more to be tried on a connection of its own, after the host hung up over too many failures. */
  goesOn(): boolean
  /** The error that says what was tried and what the host offers. */
  failure(): LifeboatError
}

/** Collects what a login can be tried with: key files, the agent's keys, the password. */
export const prepareAuthentication = async (
  options: SshOptions,
  shared: Shared,
  deadline: Deadline,
): Promise<Authentication> => {
  const methods = options.methods ?? METHODS
  const identities = methods.includes('publickey') ? await findIdentities(options, shared, deadline) : NO_IDENTITIES()
  const { notes } = identities
  const attempts = methods.flatMap((method) => attemptsOf(method, options, identities))
  const tried: string[] = []
  let offers: readonly string[] | null = null
  let current: Attempt | undefined
  let connections = 1
  let triedHere = 0

  const take = (attempt: Attempt): AnyAuthMethod => {
    current = attempt
    if (attempt.needs !== 'none') {
      tried.push(attempt.label)
      triedHere++
    }
    return attempt.method as AnyAuthMethod
  }

  return {
    next(offered, isDoubtful) {
      offers = offered ?? offers
      for (let attempt = attempts.shift(); attempt; attempt = attempts.shift()) {
        if (isDoubtful && attempt.needs !== 'publickey')
          notes.push(`${attempt.label} (not given, as the host key has changed)`)
        else if (!offers || offers.includes(attempt.needs)) return take(attempt)
      }
      // A host says what it offers when it has refused something, but the library hears it not of every method.
      if (!offers && current?.needs !== 'none') return take({ ...nothing(options), needs: 'none' })
      return false
    },
    succeeded() {
      const key = current?.publicKey
      if (key === undefined || shared.provenKeys[0] === key) return
      const at = shared.provenKeys.indexOf(key)
      if (at >= 0) shared.provenKeys.splice(at, 1)
      shared.provenKeys.unshift(key)
    },
    goesOn() {
      if (attempts.length === 0 || triedHere === 0 || connections >= MOST_CONNECTIONS) return false
      connections++
      triedHere = 0
      return true
    },
    failure() {
      const untried = attempts.length > 0 && triedHere > 0 ? [`${attempts.length} more left untried`] : []
      const plain = tried.filter((label) => !notes.some((note) => note.startsWith(`${label} (`)))
      const list =
        [...plain, ...notes, ...untried].join(', ') || 'nothing, as there is no key, no agent and no password'
      const offering = offers ? `; it offers ${offers.join(', ')}` : ''
      return new LifeboatError(
        'host/auth',
        `${options.name} (${formatAddress(options)}) did not let ${options.user} in; tried: ${list}${offering}`,
        { hints: hints(options, notes, untried.length > 0), data: { tried, offered: offers ?? [] } },
      )
    },
  }
}

const NO_IDENTITIES = (): Identities => ({ keys: [], notes: [] })

const nothing = ({ user }: SshOptions): Pick<Attempt, 'method' | 'label'> => ({
  method: { type: 'none', username: user },
  label: 'nothing',
})

const attemptsOf = (method: Method, options: SshOptions, { keys, notes }: Identities): Attempt[] => {
  const { user, password } = options
  if (method === 'publickey') {
    return keys.map(({ label, publicKey, agent }) => ({
      method: { type: 'agent', username: user, agent },
      needs: method,
      label,
      publicKey,
    }))
  }
  if (password === undefined) return []
  if (method === 'password')
    return [{ method: { type: method, username: user, password }, needs: method, label: 'password' }]
  const prompt = answerWith(password, notes)
  return [{ method: { type: method, username: user, prompt }, needs: method, label: 'password (keyboard-interactive)' }]
}

type AnswerPrompts = (
  name: string,
  instructions: string,
  language: string,
  prompts: Prompt[],
  finish: (answers: string[]) => void,
) => void

/** The first hidden question wants the password; what comes after it (a second factor) cannot be answered. */
const answerWith = (password: string, notes: string[]): AnswerPrompts => {
  let given = false
  return (_name, _instructions, _language, prompts, finish) =>
    finish(
      prompts.map(({ prompt, echo }) => {
        if (!echo && !given) {
          given = true
          return password
        }
        notes.push(`no answer to "${prompt.trim()}"`)
        return ''
      }),
    )
}

const hints = (options: SshOptions, notes: readonly string[], leftUntried: boolean): string[] => {
  const all: string[] = []
  if (leftUntried)
    all.push('name the right key: the host hangs up after a few (MaxAuthTries), and others were tried first')
  if (notes.some((note) => note.includes('passphrase'))) {
    all.push(
      'load a key with a passphrase into the agent (ssh-add FILE), or give it as ansible_ssh_private_key_passphrase, best in a vault file',
    )
  }
  const port = options.port === 22 ? '' : `-p ${options.port} `
  all.push(
    `name a key with --private-key or ansible_ssh_private_key_file, or give a password with -k (--ask-pass)`,
    `see what OpenSSH says: ssh -v ${port}${options.user}@${options.address} true`,
  )
  return all
}
