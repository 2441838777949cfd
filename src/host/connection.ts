import type { Readable, Writable } from 'node:stream'
import type { Output } from './output.ts'

/** How a script becomes another user on the host. */
export interface Become {
  readonly user: string
  readonly method: 'sudo' | 'su' | 'doas'
  /** Given on stdin or at a prompt, never in argv or environment. */
  readonly password?: string | undefined
  readonly executable?: string | undefined
  readonly flags?: string | undefined
}

export interface RunOptions {
  /** Bytes for the script's standard input; without it the script reads end of file at once. */
  readonly stdin?: string | Buffer | undefined
  /** Environment of this script alone: exported inside it, quoted. */
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** The script's process group is killed on the host when it aborts. */
  readonly signal?: AbortSignal | undefined
  /** Seconds after which the script's process group is killed and `host/timeout` is thrown. */
  readonly timeout?: number | undefined
  /** Called with pieces of output while the script runs. */
  readonly onStdout?: ((chunk: Buffer) => void) | undefined
  readonly onStderr?: ((chunk: Buffer) => void) | undefined
}

/** What a script left: its exit status and both streams, byte for byte. */
export interface RunResult {
  /** 0 to 255; 128 + signal number where a signal ended it, as a shell reports it. */
  readonly status: number
  readonly stdout: string
  readonly stderr: string
  /** The bytes of stdout, for binary output. */
  readonly stdoutBytes: Buffer
  /** Both streams, for output that may be too much for memory: the fields above read all of it. */
  readonly output: { readonly stdout: Output; readonly stderr: Output }
}

/** A script running on a channel of its own, for bulk data and long work. */
export interface HostProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Settles when the script has ended and its streams are closed; rejects with `host/lost` when the connection went. */
  readonly ended: Promise<{ readonly status: number }>
  /** Sends the signal to the script's process group on the host, and KILL to what is left after 5 seconds. */
  kill(signal?: 'TERM' | 'KILL' | 'INT'): Promise<void>
}

/** The long-lived `sh` of one user on a host: scripts run one after the other, one round trip each. */
export interface Session {
  readonly user: string
  /**
   * Runs a POSIX sh script in a shell and process group of its own, in the user's home folder with LC_ALL=C. The script
   * is in no process list. What it leaves running in the background lives on, but loses its output.
   *
   * @throws host/lost when the connection breaks (the script may have half happened), host/timeout; when the signal
   *   aborts, its reason where that is a LifeboatError, else lifeboat/interrupted
   */
  run(script: string, options?: RunOptions): Promise<RunResult>
  /** Starts a script on a channel of its own. Both of its output streams must be read, or it waits. */
  start(script: string, options?: Pick<RunOptions, 'environment' | 'signal'>): Promise<HostProcess>
}

/** A host that can be reached. One network connection for the whole run, opened at the first use. */
export interface Connection {
  /** Name of the host in the inventory. */
  readonly name: string
  /** `address:port` or `local`, for messages. */
  readonly address: string
  /**
   * The session of the login user, or of the user that `become` names; started once, then kept.
   *
   * @throws host/unreachable, host/auth, host/unknown-host-key, host/changed-host-key, host/no-shell, host/become and
   *   its special cases host/become-password-needed, host/become-password-wrong, host/become-denied
   */
  session(become?: Become): Promise<Session>
  /** Tells the host that the controller will be silent for a while (Ctrl-Z), and that it is back. */
  rest(): void
  wake(): void
  /** Closes the connection; what still runs in its sessions is killed. */
  close(): Promise<void>
}
