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
  stderr.write(`${question}: `)
  stdin.setRawMode(true)
  stdin.resume()
  let typed = ''
  try {
    for await (const chunk of stdin) {
      for (const character of String(chunk)) {
        if (character === '\r' || character === '\n') return typed
        if (character === '\u0003') throw new LifeboatError('lifeboat/interrupted', 'interrupted')
        if (character === '\u007f') typed = typed.slice(0, -1)
        else typed += character
      }
    }
    return typed
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}
