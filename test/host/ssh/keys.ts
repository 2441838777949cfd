import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface TestAgent {
  readonly socket: string
  add(...files: readonly string[]): void
  stop(): void
}

/** Starts an ssh-agent that listens on the socket. */
export const startAgent = async (socket: string): Promise<TestAgent> => {
  const agent: ChildProcess = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
  for (let tries = 0; tries < 200 && !existsSync(socket); tries++) await sleep(20)
  return {
    socket,
    add(...files) {
      execFileSync('ssh-add', ['-q', ...files], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' })
    },
    stop: () => void agent.kill(),
  }
}

/** Makes a key pair without a passphrase, or with one, and gives its file. */
export const makeKey = (file: string, passphrase = '', ...more: readonly string[]): string => {
  execFileSync('ssh-keygen', [
    '-q',
    '-t',
    'ed25519',
    '-N',
    passphrase,
    '-C',
    file.split('/').at(-1) ?? '',
    '-f',
    file,
    ...more,
  ])
  return file
}
