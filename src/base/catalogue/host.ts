import type { Catalogue } from './types.ts'

export const hostCatalogue = {
  'host/unreachable': {
    exit: 4,
    meaning: 'No connection to the host: its name does not resolve, nothing answers, or the port refuses.',
  },
  'host/auth': { exit: 4, meaning: 'The host accepted none of the keys and passwords that were tried.' },
  'host/unknown-host-key': {
    exit: 4,
    meaning: 'The host shows a key that no known_hosts file has. Compare its fingerprint, then add it.',
  },
  'host/changed-host-key': {
    exit: 4,
    meaning: 'The host shows another key than known_hosts has: it was set up anew, or somebody stands in between.',
  },
  'host/revoked-host-key': { exit: 4, meaning: 'The host shows a key that known_hosts marks as @revoked.' },
  'host/lost': {
    exit: 4,
    meaning: 'The connection broke while a script ran; the script may have happened wholly, in part, or not at all.',
  },
  'host/no-shell': { exit: 4, meaning: 'The login on the host worked, but no POSIX shell answered.' },
  'host/too-many-sessions': {
    exit: 4,
    meaning: 'The ssh server allows fewer sessions on a connection than are needed (MaxSessions of sshd_config).',
  },
  'host/timeout': { exit: 2, meaning: 'A script took longer than its timeout; its processes were stopped.' },
  'host/become': {
    exit: 2,
    meaning: 'Becoming another user on the host failed; the message holds what was said there.',
  },
  'host/become-password-needed': { exit: 2, meaning: 'Becoming another user needs a password and none was given.' },
  'host/become-password-wrong': { exit: 2, meaning: 'The password for becoming another user was not accepted.' },
  'host/become-denied': { exit: 2, meaning: 'The login user may not become the user that was asked for.' },
  'host/output': {
    exit: 2,
    meaning: 'What a script wrote was too much for memory, and could not be kept on disk either.',
  },
  'host/file': { exit: 2, meaning: 'A file on the host could not be written or read.' },
  'host/job': { exit: 2, meaning: 'A job that the host runs on its own (async) could not be started or read.' },
  'host/no-job': { exit: 2, meaning: 'The host knows no such job of the user: it was never started or is cleaned up.' },
  'host/job-died': {
    exit: 2,
    meaning: 'A job ended without a status: what watched over it was killed, or the host was restarted.',
  },
  'host/job-running': { exit: 2, meaning: 'What is known of a job cannot be removed while the job runs.' },
  'host/unsupported-connection': {
    exit: 1,
    meaning: 'ansible_connection names a kind of connection that is not known.',
  },
  'host/unsupported-become-method': {
    exit: 1,
    meaning: 'A become method is not known, or cannot do what was asked of it.',
  },
  'host/unsupported-ssh-argument': {
    exit: 1,
    meaning: 'An ssh argument of the inventory cannot be honoured, and ignoring it could do harm.',
  },
  'host/unsupported-ssh-config': {
    exit: 1,
    meaning: 'An option of ssh_config decides how the host is reached, and the built-in ssh client cannot do it.',
  },
  'host/bad-ssh-config': {
    exit: 1,
    meaning: 'The ssh_config cannot be read, or what it says of a host cannot be meant.',
  },
  'host/bad-variable': { exit: 1, meaning: 'A connection variable of a host has a value that it cannot have.' },
  'host/bad-environment': {
    exit: 1,
    meaning: 'The name of an environment variable is not one that a shell can export.',
  },
  'host/script-failed': { exit: 2, meaning: 'A script in zx threw an error; the message holds it.' },
  'host/script-bad': { exit: 1, meaning: 'A script in zx cannot be loaded, or does not export a default function.' },
} as const satisfies Catalogue
