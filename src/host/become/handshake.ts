import type { Become } from '../connection.ts'
import type { OpenedShell } from './open-shell.ts'

/** Milliseconds of silence after which a line that looks like a question for a password is one. */
const SILENCE = 500

interface Signs {
  /** What the shell says first when the user has been become. */
  readonly hello: string
  /** The line that the shell then waits for. Others it passes over: they may be a password that nobody asked for. */
  readonly go: string
  /** Whether the password is asked for in what has been written. */
  asks(written: string): 'surely' | 'perhaps' | undefined
}

/**
 * What the shell runs: it says that it is there, and passes lines over until it is told to go on with `opener`. Signs that
 * mean something to shells travel as numbers: `sudo -i` hands the text to a login shell, and leaves `$` to it.
 */
export const greeting = ({ hello, go }: Pick<Signs, 'hello' | 'go'>, opener: string, atTerminal: boolean): string => {
  const program =
    `echo ${hello}${atTerminal ? ' >/dev/tty' : ''}; ` +
    `while IFS= read -r l; do case $l in ${go}) break;; esac; done; ${opener}`
  const numbered = program.replaceAll(/["$\\`%]/g, (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}`)
  return `eval \`printf "${numbered}"\``
}

/** Answers the question for a password, waits until the shell is there and makes it ready for its first line. */
export const greetThenOpen = async (shell: OpenedShell, become: Become, signs: Signs): Promise<void> => {
  const { channel } = shell
  channel.stdin.on('error', () => {})
  let written = ''
  let answered: 'surely' | 'perhaps' | undefined
  let silence: NodeJS.Timeout | undefined
  const silent = (): void => {
    clearTimeout(silence)
    for (const stream of [channel.stdout, channel.stderr]) {
      stream.removeAllListeners('data')
      stream.pause()
    }
  }
  await new Promise<void>((resolve, reject) => {
    const wrong = (): void => reject(shell.explain({ status: 1, noise: 'Sorry, try again.\nAuthentication failure' }))
    const answer = (asked: 'surely' | 'perhaps'): void => {
      written = ''
      // After an answer to what only looked like a question the true one may come; the shell passes the first one over.
      const isAgain = answered !== undefined && !(answered === 'perhaps' && asked === 'surely')
      answered = asked
      if (isAgain || become.password === undefined) wrong()
      else channel.stdin.write(`${become.password}\n`)
    }
    const take = (chunk: Buffer): void => {
      clearTimeout(silence)
      written += chunk.toString()
      const asked = signs.asks(written)
      if (written.includes(signs.hello)) {
        // At once: a word that comes late on the other stream must not have it said twice.
        silent()
        channel.stdin.write(`${signs.go}\n`)
        resolve()
      } else if (answered && /Sorry, try again|Authentication failed/.test(written)) {
        wrong()
      } else if (asked === 'surely') {
        answer(asked)
      } else if (asked === 'perhaps') {
        silence = setTimeout(() => answer('perhaps'), SILENCE)
      }
    }
    channel.stdout.on('data', take)
    channel.stderr.on('data', take)
    channel.closed.then((end) => reject(shell.explain({ ...end, noise: written })))
  }).finally(silent)
}
