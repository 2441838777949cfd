import { existsSync } from 'node:fs'

export interface SshdConfig {
  readonly directory: string
  readonly hostKey: string
  readonly authorizedKeys: string
  readonly sshPort: number
  readonly env: Readonly<Record<string, string>>
}

const sftpServers = ['/usr/lib/openssh/sftp-server', '/usr/libexec/openssh/sftp-server', '/usr/libexec/sftp-server']

/** An OpenSSH server that needs no root: it lets in the user it runs as, into a home and an environment of its own. */
export function sshdConfig({ directory, hostKey, authorizedKeys, sshPort, env }: SshdConfig): string {
  const variables = Object.entries(env).map(([name, value]) => `${name}="${value}"`)
  const sftp = sftpServers.find((file) => existsSync(file))
  return [
    `Port ${sshPort}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `PidFile ${directory}/sshd.pid`,
    `AuthorizedKeysFile ${authorizedKeys}`,
    // The folders of a test lie below /tmp, which everybody may write to.
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    `SetEnv ${variables.join(' ')}`,
    // Without it a login would begin in the home that the system knows for the user.
    'ForceCommand cd "$HOME" && exec /bin/sh ${SSH_ORIGINAL_COMMAND:+-c} "${SSH_ORIGINAL_COMMAND:--l}"',
    ...(sftp === undefined ? [] : [`Subsystem sftp ${sftp}`]),
    '',
  ].join('\n')
}
