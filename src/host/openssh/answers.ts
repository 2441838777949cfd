import type { AskPassphrase } from '../ssh/passphrases.ts'

/** Who is asked for what. */
export interface Login {
  readonly user: string
  /** Names that ssh may have for the host in its questions. */
  readonly hosts: readonly string[]
  readonly password: string | undefined
  readonly passphrase: string | undefined
}

/** Answers that people gave in a run, by the question. */
export type GivenAnswers = Map<string, Promise<string | undefined>>

/**
 * Answers the questions of one ssh program: for the password of the login and for passphrases by what is known, all
 * others by a person. A question that comes again has been answered wrongly; whether a host key is right is no question
 * here. Jump hosts ask for passwords of their own.
 */
export const answersFor = (
  login: Login,
  given: GivenAnswers,
  ask: AskPassphrase | undefined,
): ((question: string) => Promise<string | undefined>) => {
  const asked = new Set<string>()
  return async (question) => {
    const text = question.trim()
    const isAgain = asked.has(text)
    asked.add(text)
    if (/\(yes\/no/.test(text)) return undefined
    if (isPasswordOf(login, text)) return isAgain ? undefined : login.password
    if (/^Enter passphrase for/.test(text) && login.passphrase !== undefined)
      return isAgain ? undefined : login.passphrase
    if (isAgain) given.delete(text)
    const known = given.get(text) ?? ask?.(text.replace(/:$/, ''))
    if (known) given.set(text, known)
    return await known
  }
}

/** `user@host's password:`, or `(user@host) Password:` of keyboard-interactive. */
const isPasswordOf = ({ user, hosts, password }: Login, question: string): boolean => {
  if (password === undefined) return false
  const [, who, where] = /^\(?(\S+)@([^\s')]+)(?:'s password:|\) .*:)$/.exec(question) ?? []
  return who === user && where !== undefined && hosts.includes(where)
}
