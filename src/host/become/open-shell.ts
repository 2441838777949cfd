import { randomBytes } from 'node:crypto'
import { LifeboatError } from '../../base/errors.ts'
import type { Become } from '../connection.ts'
import type { Channel, ChannelEnd, Purpose, Transport } from '../session/channel.ts'
import { namedOpener, OPENER } from '../session/program.ts'
import { doas } from './doas.ts'
import { greeting, greetThenOpen } from './handshake.ts'
import { type BecomeMethod, extraFlags } from './method.ts'
import { su } from './su.ts'
import { sudo } from './sudo.ts'
import { onTerminal } from './terminal.ts'

const METHODS: Readonly<Record<Become['method'], BecomeMethod>> = { sudo, su, doas }

/** Seconds that a login and becoming a user may take: directory services and PAM modules can be slow. */
const ANSWER_SECONDS = 30

/** A shell of the right user that waits for its first line (see program.ts). */
export interface OpenedShell {
  readonly channel: Channel
  /** Waits for a sign of life. Throws `host/no-shell` or `host/become` when none comes in time. */
  within<T>(sign: Promise<T>): Promise<T>
  /** Why it ended before its first sign of life. */
  explain(end: ChannelEnd & { readonly noise: string }): LifeboatError
}

/**
 * Opens a shell of the login user, or of another one.
 *
 * @param name of the session, which the shell carries in the process list
 * @throws host/become-password-needed, host/become-password-wrong, host/become-denied, host/become, and what the
 *   transport throws
 */
export const openShell = async (
  transport: Transport,
  become: Become | undefined,
  purpose: Purpose,
  name?: string,
): Promise<OpenedShell> => {
  const opener = name === undefined ? OPENER : namedOpener(name)
  if (!become) return shellOn(await transport.open(`/bin/sh -c '${opener}'`, purpose), transport, become)
  const method = METHODS[become.method]
  const known = method.mayWantTerminal ? terminals.get(transport) : false
  const isPlain = become.password === undefined && extraFlags(become) === ''
  if (isPlain && known !== undefined) {
    const command = method.command(become, opener, undefined)
    return shellOn(await transport.open(known ? onTerminal(command) : command, purpose), transport, become)
  }
  try {
    const shell = await openGreeting(transport, become, method, opener, purpose, known ?? false)
    if (known === undefined) terminals.set(transport, false)
    return shell
  } catch (error) {
    if (known !== undefined || !(error instanceof LifeboatError) || !error.data.wantsTerminal) throw error
    const shell = await openGreeting(transport, become, method, opener, purpose, true)
    terminals.set(transport, true)
    return shell
  }
}

/** Whether sudo wants a terminal, for transports where it has been tried: that costs a greeting, the first time. */
const terminals = new WeakMap<Transport, boolean>()

/** Opens a shell that says when it has come, which tells its words from those before it. */
const openGreeting = async (
  transport: Transport,
  become: Become,
  method: BecomeMethod,
  opener: string,
  purpose: Purpose,
  withTerminal: boolean,
): Promise<OpenedShell> => {
  const [prompt, hello, go] = ['lifeboat', 'hello', 'go'].map((word) => `${word}-${randomBytes(8).toString('hex')}`)
  const signs = { hello: hello ?? '', go: go ?? '' }
  const question = `${prompt}:`
  const isAsked = become.password !== undefined
  const inner = greeting(signs, opener, isAsked && method.speaksAtTerminal === true)
  const command = method.command(become, inner, isAsked ? question : undefined)
  const channel = await transport.open(withTerminal ? onTerminal(command) : command, purpose)
  const shell = shellOn(channel, transport, become)
  try {
    const asks = (written: string): ReturnType<BecomeMethod['asks']> => {
      const asked = method.asks(written, question)
      return asked === 'perhaps' && !isAsked ? undefined : asked
    }
    await shell.within(greetThenOpen(shell, become, { ...signs, asks }))
  } catch (error) {
    shell.channel.destroy()
    throw error
  }
  return shell
}

const shellOn = (channel: Channel, transport: Transport, become: Become | undefined): OpenedShell => ({
  channel,
  async within(sign) {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(noAnswer(transport, become)), ANSWER_SECONDS * 1000)
    })
    try {
      return await Promise.race([sign, late])
    } finally {
      clearTimeout(timer)
    }
  },
  explain: (end) => explain(transport, become, end),
})

const noAnswer = (transport: Transport, become: Become | undefined): LifeboatError =>
  become
    ? new LifeboatError('host/become', `${become.method} on ${transport.name} gave no answer for ${ANSWER_SECONDS}s`)
    : new LifeboatError(
        'host/no-shell',
        `the login of ${transport.user} on ${transport.name} gave no shell for ${ANSWER_SECONDS}s`,
        { hints: ['the login shell or a ForceCommand of sshd may not run commands; try: ssh HOST /bin/sh -c true'] },
      )

const explain = (
  transport: Transport,
  become: Become | undefined,
  end: ChannelEnd & { readonly noise: string },
): LifeboatError => {
  const said = end.noise.trim()
  if (end.status === undefined) {
    return new LifeboatError('host/lost', `the connection to ${transport.name} broke: ${end.lost ?? 'no reason given'}`)
  }
  if (!become) {
    return new LifeboatError(
      'host/no-shell',
      `the login of ${transport.user} on ${transport.name} ended with status ${end.status} instead of giving a shell` +
        (said ? `: ${said}` : ''),
      { hints: ['the login shell or a ForceCommand of sshd may not run commands; try: ssh HOST /bin/sh -c true'] },
    )
  }
  const known = METHODS[become.method].explain({ host: transport.name, loginUser: transport.user, become }, said)
  if (known) return known
  const missing = end.status === 127 || /No such file or directory|not found/.test(said)
  return new LifeboatError(
    'host/become',
    `${transport.user} could not become ${become.user} on ${transport.name} with ${become.method}: ` +
      (said || `it ended with status ${end.status}`),
    missing ? { hints: ['set ansible_become_method to sudo, su or doas, whichever the host has'] } : {},
  )
}
