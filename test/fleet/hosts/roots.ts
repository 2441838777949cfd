import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import limit from 'p-limit'
import { $ } from 'zx/core'

export type Suite = 'bullseye' | 'bookworm' | 'trixie' | 'forky'

/** The releases that can be booted and the PostgreSQL each of them carries. */
export const postgresOf: Readonly<Record<Suite, number>> = { bullseye: 13, bookworm: 15, trixie: 17, forky: 18 }

const cacheFolder = process.env.LIFEBOAT_FLEET_CACHE ?? '/var/cache/lifeboat-fleet'
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** Where the base root of a release is cached. The recipe is part of the name: an edited recipe never meets an old root. */
export function rootOf(suite: Suite): string {
  const digest = createHash('sha256')
    .update(readFileSync(script('root.sh')))
    .digest('hex')
    .slice(0, 12)
  return join(cacheFolder, `${suite}-${digest}`)
}

/** Builds the base roots that are not cached yet. Two at a time: a third would only wait for the disk and the mirror. */
export async function buildRoots(suites: Iterable<Suite>, log: (line: string) => void): Promise<void> {
  const atOnce = limit(2)
  const missing = [...new Set(suites)].filter((suite) => !existsSync(rootOf(suite)))
  await Promise.all(missing.map((suite) => atOnce(() => buildRoot(suite, log))))
}

async function buildRoot(suite: Suite, log: (line: string) => void): Promise<void> {
  log(`${suite}: no base root is cached, it is built once (about a minute)`)
  const tail: string[] = []
  const building = $({ nothrow: true, quiet: true, stdio: ['ignore', 'pipe', 'pipe'] })`
    sh ${script('root-cached.sh')} ${suite} ${rootOf(suite)} 2>&1`
  for await (const line of building) {
    tail.push(line)
    if (tail.length > 40) tail.shift()
    if (line.startsWith(`${suite}: `)) log(line)
  }
  if ((await building).exitCode !== 0) throw new Error(`the base root of ${suite} was not built:\n${tail.join('\n')}`)
}
