import { type ChildProcess, spawn } from 'node:child_process'
import type { LifeboatError } from '../../base/errors.ts'
import { defer } from '../session/deferred.ts'
import type { Deadline } from '../ssh/deadline.ts'
import { type Place, unreachable } from '../ssh/unreachable.ts'
import type { PrivateFolder } from './askpass.ts'
import { explainOpenssh } from './explain.ts'

const NOISE_LIMIT = 16_384

/** The ssh program that holds the connection (ControlMaster). */
export interface Master {
  /** Settles when it has ended, with the reason; never rejects. */
  readonly ended: Promise<string>
  stop(): Promise<void>
}

export interface MasterOptions {
  readonly executable: string
  /** Arguments that go before the user's, the user's, and the host. */
  readonly args: readonly string[]
  readonly place: Place
  readonly user: string
  readonly folder: PrivateFolder
  readonly deadline: Deadline
}

/**
 * The program ends when our end of its standard input does, so that a controller that is killed leaves no connection
 * behind, and no folder. `$$` is the shell that becomes the ssh program.
 */
const WATCHED =
  'exec 3<&0 </dev/null; { read -r _ <&3; kill "$$"; rm -rf -- "$0"; } >/dev/null 2>&1 & exec 3<&-; exec "$@"'

/**
 * Starts it and waits until the login has happened.
 *
 * @throws host/unreachable, host/auth, the host key codes, host/bad-ssh-config
 */
export const startMaster = async (options: MasterOptions): Promise<Master> => {
  const { place, user, deadline } = options
  // In a session of its own: Ctrl-C at the terminal is the engine's to answer, and ssh asks us instead of the terminal.
  const child = spawn('/bin/sh', ['-c', WATCHED, options.folder.path, options.executable, ...options.args], {
    detached: true,
    stdio: 'pipe',
    env: { ...process.env, ...options.folder.environment },
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-NOISE_LIMIT)
  })
  child.stdin.on('error', () => {})
  const ended = defer<string>()
  const failed = defer<LifeboatError>()
  child.on('error', (error) => ended.resolve(error.message))
  child.on('exit', (code, signal) => {
    child.stdin.end()
    ended.resolve(
      said.trim().split(/\r?\n/).at(-1) || (signal ? `ssh was killed by ${signal}` : `ssh ended with ${code}`),
    )
  })
  child.on('close', () => failed.resolve(explainOpenssh(place, user, said)))
  deadline.start()
  try {
    await new Promise<void>((resolve, reject) => {
      deadline.onLate(() =>
        reject(unreachable(place, 'timeout', `the ssh handshake did not end within ${deadline.seconds}s`)),
      )
      // LocalCommand is run when the login has happened and the control socket is there.
      child.stdout.once('data', () => resolve())
      failed.promise.then(reject)
      child.on('error', (error) => reject(unreachable(place, 'handshake', error.message)))
    })
  } catch (error) {
    end(child)
    throw error
  } finally {
    deadline.stop()
  }
  return {
    ended: ended.promise,
    async stop() {
      end(child)
      await ended.promise
    },
  }
}

const end = (child: ChildProcess): void => {
  child.kill('SIGTERM')
  child.stdin?.end()
}
