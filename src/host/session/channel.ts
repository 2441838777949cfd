import type { Readable, Writable } from 'node:stream'

/** How a channel's process ended. */
export interface ChannelEnd {
  /** 0 to 255, 128 + number for a signal; undefined where the connection went before the status was known. */
  readonly status: number | undefined
  /** Why the status is not known. */
  readonly lost?: string | undefined
}

/** A process on a host with its three streams, over whatever carries it: a child process or an ssh channel. */
export interface Channel {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Settles, never rejects, when the process has ended; its output may still be on the way, or held by others. */
  readonly exited: Promise<ChannelEnd>
  /** Settles, never rejects, when the process has ended and its streams are closed. */
  readonly closed: Promise<ChannelEnd>
  /** Lets go of the process: its standard input ends, its output is read no more. */
  destroy(): void
}

/**
 * What a channel is for. A transport with few of them (OpenSSH: 10 a connection) never lets `bulk` take those that
 * shells need, and always has one left to `stop` what the others run.
 */
export type Purpose = 'shell' | 'bulk' | 'stop'

/** Carries processes to one host. */
export interface Transport {
  /** Name of the host in the inventory, for messages. */
  readonly name: string
  /** The user that commands run as. */
  readonly user: string
  /**
   * Starts a command line of the login shell. It is visible in the host's process list: never a script, never a secret.
   *
   * @throws host/unreachable, host/auth and the host key codes at the first use; host/lost, host/too-many-sessions
   */
  open(command: string, purpose: Purpose): Promise<Channel>
}
