import { spawn } from 'node:child_process'
import { LifeboatError } from '../../base/errors.ts'
import type { Connection } from '../connection.ts'
import { channelOf } from '../local.ts'
import type { Channel, ChannelEnd, Purpose, Transport } from '../session/channel.ts'
import { connectionOver } from '../session/connection-over.ts'
import { askEverything, NoOpenssh } from '../ssh/config/ask-openssh.ts'
import { Deadline } from '../ssh/deadline.ts'
import { Doors } from '../ssh/doors.ts'
import { formatAddress } from '../ssh/options.ts'
import type { AskPassphrase } from '../ssh/passphrases.ts'
import { Slots } from '../ssh/slots.ts'
import type { Place } from '../ssh/unreachable.ts'
import { answersFor, type GivenAnswers } from './answers.ts'
import { makePrivateFolder, type PrivateFolder } from './askpass.ts'
import { type Master, startMaster } from './master.ts'
import type { OpensshRequest } from './request.ts'

/** Seconds to connect, and of silence after which a host is asked for a word, where nobody says more. */
const USUAL = { connectTimeout: 10, keepaliveInterval: 15 }
/** The status of the ssh program for failures of its own; a command may end with it too. */
const SSH_FAILED = 255
/** Milliseconds in which the end of the connection is heard of after that of a command. */
const LAST_WORDS = 300

/** What is said to every ssh program of ours: nothing is forwarded, run or shown that nobody asked for. */
const OURS = [
  ...['-T', '-x', '-a', '-e', 'none'],
  ...['ClearAllForwardings=yes', 'RequestTTY=no', 'RemoteCommand=none', 'ControlPersist=no', 'LogLevel=ERROR'].flatMap(
    (option) => ['-o', option],
  ),
]

interface Link {
  readonly master: Master
  readonly folder: PrivateFolder
  readonly slots: Slots
}

/** Opens hosts by the system's ssh program: for security keys, certificates, GSSAPI and whatever else it alone can do. */
export const opensshOpener = (ask?: AskPassphrase): ((request: OpensshRequest) => Promise<Connection>) => {
  const doors = new Doors()
  const given: GivenAnswers = new Map()
  return async (request) => {
    const { executable, args, destination, name } = request
    const said = await askEverything(executable, [...args, '--', destination]).catch((error: unknown) => {
      throw error instanceof NoOpenssh ? noProgram(name, executable) : error
    })
    const place: Place = { name, address: said.get('hostname') ?? destination, port: Number(said.get('port') ?? 22) }
    const known = { ...request, place, user: said.get('user') ?? '', hostKeyAlias: said.get('hostkeyalias') }
    const keepalive = Number(said.get('serveraliveinterval') ?? 0) || USUAL.keepaliveInterval
    const connectTimeout = Number(said.get('connecttimeout')) || USUAL.connectTimeout
    const transport = new OpensshTransport({ ...known, keepalive, connectTimeout }, doors, given, ask)
    return connectionOver({
      address: formatAddress(place),
      transport,
      signOfLife: keepalive,
      close: () => transport.close(),
    })
  }
}

const noProgram = (name: string, executable: string): LifeboatError =>
  new LifeboatError(
    'host/unsupported-connection',
    `ansible_connection of ${name} is "openssh", but there is no program ${executable}`,
    { hints: ['install it (openssh-client), or set ansible_connection: ssh, which needs no program'] },
  )

interface KnownHost extends OpensshRequest {
  readonly place: Place
  readonly user: string
  readonly hostKeyAlias: string | undefined
  readonly keepalive: number
  readonly connectTimeout: number
}

class OpensshTransport implements Transport {
  readonly name: string
  readonly user: string
  readonly #host: KnownHost
  readonly #doors: Doors
  readonly #given: GivenAnswers
  readonly #ask: AskPassphrase | undefined
  #link: Promise<Link> | undefined

  constructor(host: KnownHost, doors: Doors, given: GivenAnswers, ask: AskPassphrase | undefined) {
    this.name = host.name
    this.user = host.user
    this.#host = host
    this.#doors = doors
    this.#given = given
    this.#ask = ask
  }

  async open(command: string, purpose: Purpose): Promise<Channel> {
    const link = await this.#connected()
    const release = await link.slots.take(purpose)
    const { executable, args, destination } = this.#host
    // Where the server allows fewer sessions than usual (MaxSessions), ssh opens a connection of its own by itself.
    const words = [...this.#control(link.folder, 'no'), ...args, ...this.#usual(), '--', destination, command]
    const child = spawn(executable, words, {
      detached: true,
      stdio: 'pipe',
      env: { ...process.env, ...link.folder.environment },
    })
    const channel = withLoss(channelOf(child), link.master, () => child.kill('SIGTERM'))
    channel.closed.then(release)
    return channel
  }

  async close(): Promise<void> {
    const link = await this.#link?.catch(() => undefined)
    this.#link = undefined
    await link?.master.stop()
    await link?.folder.remove()
  }

  async #connected(): Promise<Link> {
    if (this.#link) return await this.#link
    const forget = (): void => {
      if (this.#link === link) this.#link = undefined
    }
    const link = this.#doors.pass(this.#host.place, () => this.#connect(forget))
    link.catch(forget)
    this.#link = link
    return await link
  }

  async #connect(onEnd: () => void): Promise<Link> {
    const { executable, args, destination, place, user, password, passphrase, hostKeyAlias } = this.#host
    const deadline = new Deadline(this.#host.connectTimeout)
    const hosts = [destination, place.address, ...(hostKeyAlias === undefined ? [] : [hostKeyAlias])]
    const ask = this.#ask
    const askInTime = ask && ((question: string) => deadline.hold(ask(question)))
    const folder = await makePrivateFolder(answersFor({ user, hosts, password, passphrase }, this.#given, askInTime))
    try {
      const ready = ['-N', '-o', 'PermitLocalCommand=yes', '-o', 'LocalCommand=echo ready']
      const words = [...this.#control(folder, 'yes'), ...ready, ...args, ...this.#usual(), '--', destination]
      const master = await startMaster({ executable, args: words, place, user, folder, deadline })
      master.ended.then(async () => {
        onEnd()
        await folder.remove()
      })
      return { master, folder, slots: new Slots() }
    } catch (error) {
      await folder.remove()
      throw error
    }
  }

  #control(folder: PrivateFolder, master: 'yes' | 'no'): string[] {
    return ['-o', `ControlMaster=${master}`, '-o', `ControlPath=${folder.controlPath}`, ...OURS]
  }

  /** What nobody said otherwise: it stands last, and what ssh_config says has been heard. */
  #usual(): string[] {
    const { keepalive, connectTimeout, password } = this.#host
    const options = [`ServerAliveInterval=${keepalive}`, `ConnectTimeout=${connectTimeout}`]
    // A password that is wrong once is wrong; without one, and with nobody to ask, ssh would try empty ones.
    if (password !== undefined) options.push('NumberOfPasswordPrompts=1')
    else if (!this.#ask) options.push('PasswordAuthentication=no', 'KbdInteractiveAuthentication=no')
    return options.flatMap((option) => ['-o', option])
  }
}

/** A channel that tells the end of the connection from that of its command, though both look the same to its program. */
const withLoss = (channel: Channel, master: Master, kill: () => void): Channel => {
  const told = async (end: ChannelEnd): Promise<ChannelEnd> => {
    if (end.status !== SSH_FAILED) return end
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), LAST_WORDS)
    })
    const lost = await Promise.race([master.ended, late])
    clearTimeout(timer)
    return lost === undefined ? end : { status: undefined, lost }
  }
  return {
    ...channel,
    exited: channel.exited.then(told),
    closed: channel.closed.then(told),
    destroy() {
      channel.destroy()
      // What holds the command on the host open ends with its input; ssh itself must not wait for it.
      setTimeout(kill, LAST_WORDS).unref()
    },
  }
}
