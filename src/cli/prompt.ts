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
  let stop: () => void = () => {}
  try {
    // By an iterator the end of the answer would be the end of standard input, and of every later question.
    return await new Promise<string>((resolve, reject) => {
      const read = typedText(resolve, reject)
      const end = (): void => reject(new LifeboatError('lifeboat/interrupted', 'interrupted'))
      stdin.on('data', read).on('end', end)
      stop = () => void stdin.off('data', read).off('end', end)
      stdin.resume()
    })
  } finally {
    stop()
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}

/** Takes keys as they are pressed, up to the one that ends the line. */
const typedText = (
  done: (text: string) => void,
  interrupted: (error: LifeboatError) => void,
): ((chunk: Buffer | string) => void) => {
  let typed = ''
  return (chunk) => {
    for (const character of String(chunk)) {
      if (character === '\r' || character === '\n') return done(typed)
      if (character === '\u0003') return interrupted(new LifeboatError('lifeboat/interrupted', 'interrupted'))
      if (character === '\u007f') typed = typed.slice(0, -1)
      else typed += character
    }
  }
}
