import { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import { type BecomeMethod, extraFlags, program } from './method.ts'
import { endsWithQuestion } from './prompt.ts'

/** `su -s /bin/sh USER`: the password is the one of the user to become; root needs none. */
export const su: BecomeMethod = {
  command(become, inner) {
    return `env LC_ALL=C ${program(become, 'su')} ${extraFlags(become)}-s /bin/sh ${quote(become.user)} -c '${inner}'`
  },
  asks: (written) => (endsWithQuestion(written) ? 'surely' : undefined),
  explain({ host, loginUser, become }, said) {
    if (/Authentication failure|incorrect password/i.test(said)) {
      if (become.password === undefined) {
        return new LifeboatError(
          'host/become-password-needed',
          `su on ${host} asks ${loginUser} for the password of ${become.user}`,
          { hints: ['give it with -K (--ask-become-pass), or as ansible_become_password'] },
        )
      }
      return new LifeboatError(
        'host/become-password-wrong',
        `su on ${host} did not accept the password of ${become.user}`,
        {
          hints: [`it is the password of ${become.user} that su wants, not the one of ${loginUser}`],
        },
      )
    }
    if (/Permission denied|must be run from|may not run su/i.test(said)) {
      return new LifeboatError(
        'host/become-denied',
        `su on ${host} does not allow ${loginUser} to become ${become.user}`,
      )
    }
    return undefined
  },
}
