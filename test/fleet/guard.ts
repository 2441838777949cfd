import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Claim } from './claim.ts'

/**
 * Starts a process that outlives this one and removes the fleet when its owner dies without closing it.
 * Returns the end of the watch.
 */
export function guard(directory: string, claim: Claim, remove: string): () => void {
  if (claim.owner === null) return () => {}
  const { pid, started } = claim.owner
  const script = fileURLToPath(new URL('guard.sh', import.meta.url))
  const watch = spawn('sh', [script, String(pid), String(started), remove, directory, claim.token], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
  })
  watch.unref()
  writeFileSync(join(directory, 'guard.pid'), `${watch.pid}\n`)
  return () => {
    if (watch.pid === undefined) return
    try {
      process.kill(-watch.pid, 'SIGKILL')
    } catch {
      // It found the directory gone and ended by itself.
    }
  }
}
