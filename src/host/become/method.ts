import type { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import type { Become } from '../connection.ts'
import { splitWords } from '../ssh/split-words.ts'

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
  /**
   * Finds the question for the password in what has been written so far. What is `perhaps` one counts as one when
   * nothing follows it.
   */
  asks(written: string, prompt: string): 'surely' | 'perhaps' | undefined
  /** What the words mean that the method failed with; undefined when they are not known. */
  explain(attempt: BecomeAttempt, said: string): LifeboatError | undefined
  /** Asks at the terminal, so that the shell must say there that it has come: what stands before it is over then. */
  readonly speaksAtTerminal?: boolean
  /** May refuse to work without a terminal; the error then has `data.wantsTerminal`. */
  readonly mayWantTerminal?: boolean
}

/** The program as words of the command line: `become_exe` may bring arguments of its own (`sudo su -`). */
export const program = (become: Become, usual: string): string =>
  (splitWords(become.executable ?? usual) ?? [become.executable ?? usual]).map(quote).join(' ')

/** Flags that are given or left out by us, whatever the user says (Ansible's default is `-H -S -n`), alone or together. */
const OURS = /^(-[HSn]+|--(set-home|stdin|non-interactive|prompt=.*)|-p.+)$/
/** The prompt, whose value is a word of its own. */
const PROMPT = new Set(['-p', '--prompt'])

/** The user's own flags as words of the command line, with a space behind each. */
export const extraFlags = (become: Become): string => {
  const words = splitWords(become.flags ?? '') ?? []
  return words
    .filter((word, index) => !OURS.test(word) && !PROMPT.has(word) && !PROMPT.has(words[index - 1] ?? ''))
    .map((word) => `${quote(word)} `)
    .join('')
}
