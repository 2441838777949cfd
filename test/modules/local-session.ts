import { spawn } from 'node:child_process'
import type { Session } from '../../src/host/connection.ts'

/** A session on this machine: every script in a `sh` of its own. */
export const localSession = (shell: readonly string[] = ['sh']): Session => ({
  user: process.env.USER ?? 'root',
  run: (script, options = {}) =>
    new Promise((resolve, reject) => {
      const [program = 'sh', ...args] = shell
      const child = spawn(program, [...args, '-c', script], {
        env: { ...process.env, ...options.environment },
        ...(options.signal ? { signal: options.signal } : {}),
      })
      const stdout: Buffer[] = []
      const stderr: Buffer[] = []
      child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
      child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
      child.stdin.on('error', () => undefined)
      child.stdin.end(options.stdin ?? '')
      child.on('error', reject)
      child.on('close', (code) => {
        const bytes = Buffer.concat(stdout)
        resolve({
          status: code ?? 137,
          stdout: bytes.toString(),
          stderr: Buffer.concat(stderr).toString(),
          stdoutBytes: bytes,
        })
      })
    }),
  start: async () => {
    throw new Error('no module under test here starts a process')
  },
})
