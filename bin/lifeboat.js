#!/usr/bin/env node
import { existsSync, mkdirSync } from 'node:fs'
import module from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

// From 22.1 on Node keeps what it has compiled, which takes a tenth off the next start. The usual place for it is a folder
// in /tmp that others could have made before. Where there is no home it does without.
try {
  if (module.enableCompileCache) {
    const home = process.env.LIFEBOAT_HOME ?? join(homedir(), '.lifeboat')
    const cache = join(home, 'cache')
    for (const folder of [home, cache]) if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 })
    module.enableCompileCache(cache)
  }
} catch {}

await import('../dist/cli/main.js')
