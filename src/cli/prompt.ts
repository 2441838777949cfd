import type { ReadStream } from 'node:tty'
import { LifeboatError } from '../base/errors.ts'

/**
 * Asks for a password on the terminal without showing it.
 *
 * @throws cli/bad-option when there is no terminal to ask on
 */
export const askPassword = async (question: string): Promise<string> => {
  const { stdin, stderr } = process
  if (!stdin.isTTY) {
    throw new LifeboatError('cli/bad-option', `there is no terminal to ask for the ${question}`, {
      hints: ['give it as a variable: ansible_become_password or ansible_password, best in a vault file'],
    })
  }
  // In this order: what is typed at the question must not be shown.
  stdin.setRawMode(true)
  stderr.write(`${question}: `)
  stdin.setEncoding('utf8')
  stdin.resume()
  try {
    return await readLine(stdin)
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}

/** Reads up to the end of a line as a terminal would edit it. The stream goes on: there may be another question. */
const readLine = (stdin: ReadStream): Promise<string> =>
  new Promise((resolve, reject) => {
    let typed = ''
    const settle = (act: () => void): void => {
      stdin.off('data', read)
      stdin.off('end', end)
      act()
    }
    const end = (): void => settle(() => resolve(typed))
    const read = (chunk: string): void => {
      for (const character of chunk) {
        switch (character) {
          case '\r':
          case '\n':
          case END_OF_INPUT:
            settle(() => resolve(typed))
            return
          case INTERRUPT:
            settle(() => reject(new LifeboatError('lifeboat/interrupted', 'interrupted')))
            return
          case BACKSPACE:
            typed = [...typed].slice(0, -1).join('')
            break
          case KILL_LINE:
            typed = ''
            break
          default:
            typed += character
        }
      }
    }
    stdin.on('data', read)
    stdin.on('end', end)
  })

const INTERRUPT = '\u0003'
const END_OF_INPUT = '\u0004'
const KILL_LINE = '\u0015'
const BACKSPACE = '\u007f'
