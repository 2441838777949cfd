import type { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import type { Become } from '../connection.ts'

/** Who wants to become whom, and where: for messages. */
export interface BecomeAttempt {
  readonly host: string
  readonly loginUser: string
  readonly become: Become
}

/** One way of becoming another user. */
export interface BecomeMethod {
  /**
   * The command line that runs `sh -c` with the given text (free of single quotes) as the other user. Shown in the
   * host's process list, so it holds no secret. `prompt` is what the method is to ask for the password with; without it
   * the method must fail instead of asking.
   */
  command(become: Become, inner: string, prompt: string | undefined): string
  /** Finds the question for the password in what has been written so far. */
  asks(written: string, prompt: string): boolean
  /** What the words mean that the method failed with; undefined when they are not known. */
  explain(attempt: BecomeAttempt, said: string): LifeboatError | undefined
}

/** Flags that are given or left out by us, whatever the user says: Ansible's default is `-H -S -n`. */
const OURS = new Set(['-H', '-S', '-n'])

/** The user's own flags as words of the command line, with a space behind each. */
export const extraFlags = (become: Become): string =>
  (become.flags ?? '')
    .split(/\s+/)
    .filter((flag) => flag !== '' && !OURS.has(flag))
    .map((flag) => `${quote(flag)} `)
    .join('')
