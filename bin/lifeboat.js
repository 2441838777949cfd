#!/usr/bin/env node
import { mkdirSync } from 'node:fs'
import module from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

// From 22.1 on Node keeps what it has compiled, which takes a tenth off the next start. The usual place for it is a folder
// in /tmp that others could have made before. Where there is no home it does without.
try {
  if (module.enableCompileCache) {
    const folder = join(process.env.LIFEBOAT_HOME ?? join(homedir(), '.lifeboat'), 'cache')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    module.enableCompileCache(folder)
  }
} catch {}

await import('../dist/cli/main.js')
