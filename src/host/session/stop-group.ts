import { openShell } from '../become/open-shell.ts'
import type { Become } from '../connection.ts'
import type { Transport } from './channel.ts'
import { stopLine } from './stop-program.ts'

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
  channel.stdin.end(stopLine(group, signal))
  await channel.closed
}
