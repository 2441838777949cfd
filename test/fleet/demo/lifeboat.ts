import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Counts of a host, read from the recap that a person sees. */
export type Recap = Readonly<Record<string, Readonly<Record<string, number>>>>

export interface Played {
  readonly status: number
  readonly output: string
  readonly recap: Recap
}

const readRecap = (output: string): Recap => {
  const recap: Record<string, Record<string, number>> = {}
  for (const [, host = '', counts = ''] of output.matchAll(/^(\S+)\s+: (ok=.*)$/gm)) {
    recap[host] = Object.fromEntries(
      [...counts.matchAll(/(\w+)=(\d+)/g)].map(([, name, count]) => [name, Number(count)]),
    )
  }
  return recap
}

/** Runs the `lifeboat` of this checkout as a user would, shows what it prints, and keeps it. */
export const lifeboat = async (args: readonly string[]): Promise<Played> => {
  const child = spawn(process.execPath, ['bin/lifeboat.js', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    process.stdout.write(text)
  })
  const [status] = (await once(child, 'close')) as [number | null]
  return { status: status ?? 255, output, recap: readRecap(output) }
}
