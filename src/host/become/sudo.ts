import { LifeboatError } from '../../base/errors.ts'
import { quote } from '../../base/quote.ts'
import { type BecomeMethod, extraFlags, program } from './method.ts'
import { endsWithQuestion } from './prompt.ts'

/** `sudo -H -u USER`: `-n` without a password; with one `-S -p PROMPT`, so that the question can be told from noise. */
export const sudo: BecomeMethod = {
  command(become, inner, prompt) {
    const asking = prompt === undefined ? '-n' : `-S -p ${quote(prompt)}`
    const flags = extraFlags(become)
    return `env LC_ALL=C ${program(become, 'sudo')} -H ${asking} ${flags}-u ${quote(become.user)} /bin/sh -c '${inner}'`
  },
  // A PAM module with a question of its own words does not use ours.
  asks: (written, prompt) => (written.includes(prompt) ? 'surely' : endsWithQuestion(written) ? 'perhaps' : undefined),
  mayWantTerminal: true,
  explain({ host, loginUser, become }, said) {
    if (/password is required|no askpass program|terminal is required to read the password/.test(said)) {
      return new LifeboatError(
        'host/become-password-needed',
        `sudo on ${host} asks ${loginUser} for a password before it lets ${loginUser} become ${become.user}`,
        {
          hints: [
            'give it with -K (--ask-become-pass), or as ansible_become_password',
            `or allow it without: ${loginUser} ALL=(${become.user}) NOPASSWD: ALL in a file under /etc/sudoers.d`,
          ],
        },
      )
    }
    if (/Sorry, try again|incorrect password attempt|Authentication failure/i.test(said)) {
      return new LifeboatError(
        'host/become-password-wrong',
        `sudo on ${host} did not accept the become password of ${loginUser}`,
        { hints: [`it is the password of ${loginUser} that sudo wants, not the one of ${become.user}`] },
      )
    }
    if (/not in the sudoers file|is not allowed to|may not run sudo/.test(said)) {
      return new LifeboatError(
        'host/become-denied',
        `sudo on ${host} does not allow ${loginUser} to run sh as ${become.user}`,
        { hints: [`show what is allowed: ssh to ${host} as ${loginUser} and run sudo -l`] },
      )
    }
    if (/must have a tty/.test(said)) {
      return new LifeboatError('host/become', `sudo on ${host} demands a terminal`, {
        data: { wantsTerminal: true },
        hints: [`take "Defaults requiretty" out of the sudoers file, or add Defaults:${loginUser} !requiretty`],
      })
    }
    if (/script: *(command )?not found|script: No such/.test(said)) {
      return new LifeboatError(
        'host/become',
        `sudo on ${host} demands a terminal, and there is no program "script" to give it one`,
        { hints: [`install it (util-linux), or add to the sudoers file: Defaults:${loginUser} !requiretty`] },
      )
    }
    return undefined
  },
}
