import { formatDuration } from '../src/base/duration.ts'
import { whyNotHosts } from '../test/fleet/hosts/possible.ts'
import { now } from './measure.ts'

/** What is told on the way; the tables alone go to standard output. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`)

/**
 * Runs a bench as a command: with its usage for a command line that cannot be read, and aloud where Debian hosts cannot be
 * booted.
 */
export const startBench = async <T>(
  readOptions: (args: readonly string[]) => T,
  usage: string,
  run: (options: T) => Promise<void>,
): Promise<void> => {
  let options: T
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    say(`${error instanceof Error ? error.message : error}\n${usage}`)
    process.exit(5)
  }
  const reason = await whyNotHosts()
  if (reason !== undefined) {
    say(`SKIPPED: no Debian hosts can be booted here: ${reason}`)
    process.exit(1)
  }
  const began = now()
  await run(options)
  say(`took ${formatDuration(now() - began)}`)
}
