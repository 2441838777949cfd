import { openShell } from '../become/open-shell.ts'
import type { Become } from '../connection.ts'
import type { Transport } from './channel.ts'
import { stopLine } from './program.ts'

/** Seconds between the first signal and KILL. */
const GRACE_SECONDS = 5

/**
 * Stops a process group on the host, as the user it runs as: the signal, then KILL for what is left after a grace of
 * five seconds. A channel's own signal request cannot do it: sshd ignores it for root, and it never passes sudo.
 */
export const stopGroup = async (
  transport: Transport,
  become: Become | undefined,
  group: number,
  signal: 'TERM' | 'KILL' | 'INT',
): Promise<void> => {
  const { channel } = await openShell(transport, become, 'stop')
  channel.stdout.resume()
  channel.stderr.resume()
  channel.stdin.on('error', () => {})
  channel.stdin.end(stopLine(group, signal, signal === 'KILL' ? 0 : GRACE_SECONDS))
  await channel.closed
}
