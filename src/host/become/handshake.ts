import { randomBytes } from 'node:crypto'
import type { Become } from '../connection.ts'
import { OPENER } from '../session/program.ts'
import type { OpenedShell } from './open-shell.ts'

interface Signs {
  /** What the shell says first when the user has been become. */
  readonly hello: string
  /** Whether the password is asked for in what has been written. */
  asks(written: string): boolean
}

/**
 * Answers the question for a password, waits until the shell is there and makes it ready for its first line. The password
 * is written only where it was asked for: a shell that came without asking would take it for a command.
 */
export const greetThenOpen = async (shell: OpenedShell, become: Become, signs: Signs): Promise<void> => {
  const { channel } = shell
  const ready = `ready-${randomBytes(8).toString('hex')}`
  channel.stdin.on('error', () => {})
  let written = ''
  let answered = false
  await new Promise<void>((resolve, reject) => {
    const wrong = (): void => reject(shell.explain({ status: 1, noise: 'Sorry, try again.\nAuthentication failure' }))
    const look = (): void => {
      if (written.includes(ready)) {
        resolve()
      } else if (written.includes(signs.hello)) {
        written = ''
        channel.stdin.write(`echo ${ready}; ${OPENER}; exit\n`)
      } else if (signs.asks(written)) {
        written = ''
        if (answered || become.password === undefined) wrong()
        else channel.stdin.write(`${become.password}\n`)
        answered = true
      } else if (answered && /Sorry, try again/.test(written)) {
        wrong()
      }
    }
    const take = (chunk: Buffer): void => {
      written += chunk.toString()
      look()
    }
    channel.stdout.on('data', take)
    channel.stderr.on('data', take)
    channel.closed.then((end) => reject(shell.explain({ ...end, noise: written })))
  }).finally(() => {
    for (const stream of [channel.stdout, channel.stderr]) {
      stream.removeAllListeners('data')
      stream.pause()
    }
  })
}
