import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Boots a fleet in another process, ends that process with SIGKILL, and returns the directory of the fleet. */
export async function crashAfterBoot(kind: 'hosts' | 'processes', { killGuard = false } = {}): Promise<string> {
  const script = fileURLToPath(new URL('crash-owner.ts', import.meta.url))
  const owner = spawn(process.execPath, ['--import', 'tsx', script, kind], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [directory] = (await Promise.race([
    once(owner.stdout.setEncoding('utf8'), 'data'),
    once(owner, 'exit').then(([code]) => {
      throw new Error(`the owner of the fleet ended with ${code}`)
    }),
  ])) as [string]
  if (killGuard) process.kill(-Number(readFileSync(join(directory.trim(), 'guard.pid'), 'utf8')), 'SIGKILL')
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  return directory.trim()
}
