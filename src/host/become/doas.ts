import { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import { type BecomeMethod, extraFlags, program } from './method.ts'
import { endsWithQuestion } from './prompt.ts'
import { typedOnTerminal } from './terminal.ts'

/** `doas -u USER`: `-n` without a password; with one at a terminal, as doas reads passwords from there alone. */
export const doas: BecomeMethod = {
  command(become, inner, prompt) {
    const asking = prompt === undefined ? '-n ' : ''
    const user = quote(become.user)
    const command = `env LC_ALL=C ${program(become, 'doas')} ${asking}${extraFlags(become)}-u ${user} /bin/sh -c '${inner}'`
    return prompt === undefined ? command : typedOnTerminal(command)
  },
  asks: (written) => (endsWithQuestion(written) ? 'surely' : undefined),
  speaksAtTerminal: true,
  explain({ host, loginUser, become }, said) {
    if (/Authentication failed|Authorization failed|Authentication failure/i.test(said)) {
      return new LifeboatError(
        'host/become-password-wrong',
        `doas on ${host} did not accept the become password of ${loginUser}`,
        { hints: [`it is the password of ${loginUser} that doas wants, not the one of ${become.user}`] },
      )
    }
    if (/Authorization required|Authentication required|a tty is required/i.test(said)) {
      return new LifeboatError(
        'host/become-password-needed',
        `doas on ${host} asks ${loginUser} for a password before it lets ${loginUser} become ${become.user}`,
        {
          hints: [
            'give it with -K (--ask-become-pass), or as ansible_become_password',
            `or add a rule to doas.conf: permit nopass ${loginUser} as ${become.user}`,
          ],
        },
      )
    }
    if (/Operation not permitted|not permitted/i.test(said)) {
      return new LifeboatError(
        'host/become-denied',
        `doas on ${host} does not allow ${loginUser} to become ${become.user}`,
      )
    }
    return undefined
  },
}
