import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { channelOf } from '../../../src/host/local.ts'
import type { Transport } from '../../../src/host/session/channel.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/**
 * This machine with another `sh`: `/bin/sh` of the command line and `sh` of the PATH are the given shell. With `only`,
 * the PATH has no other programs than these.
 */
export const shellTransport = (shell: string, only?: readonly string[]): Transport => {
  const folder = mkdtempSync(join(tmpdir(), 'lb-sh-'))
  folders.push(folder)
  mkdirSync(join(folder, 'bin'))
  const file = join(folder, 'bin', 'sh')
  writeFileSync(file, `#!/bin/dash\nexec /usr/bin/${shell} "$@"\n`)
  chmodSync(file, 0o755)
  for (const program of only ?? []) symlinkSync(`/usr/bin/${program}`, join(folder, 'bin', program))
  const path = only ? join(folder, 'bin') : `${join(folder, 'bin')}:${process.env.PATH}`
  return {
    name: 'here',
    user: 'me',
    async open(command) {
      const child = spawn('/bin/sh', ['-c', command.replace('/bin/sh', file)], {
        detached: true,
        stdio: 'pipe',
        env: { ...process.env, PATH: path },
      })
      return channelOf(child)
    },
  }
}
