import { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import { type BecomeMethod, extraFlags } from './method.ts'

/** `doas -n -u USER`: only with a `nopass` rule, since doas reads passwords from a terminal alone. */
export const doas: BecomeMethod = {
  command(become, inner) {
    const executable = quote(become.executable ?? 'doas')
    const flags = extraFlags(become)
    return `env LC_ALL=C ${executable} -n ${flags}-u ${quote(become.user)} /bin/sh -c '${inner}'`
  },
  asks: () => false,
  explain({ host, loginUser, become }, said) {
    if (/Authorization required|a tty is required/i.test(said)) {
      return new LifeboatError(
        'host/become-password-needed',
        `doas on ${host} asks ${loginUser} for a password, which it takes from a terminal only`,
        { hints: [`add a rule to doas.conf: permit nopass ${loginUser} as ${become.user}`, 'or use sudo'] },
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
