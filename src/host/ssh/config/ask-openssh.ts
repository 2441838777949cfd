import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import pLimit from 'p-limit'
import { LifeboatError } from '../../../base/errors.ts'
import type { Setting } from '../settings.ts'
import type { Lookup, ReadConfig } from './lookup.ts'

/** Programs at once: each takes some milliseconds of a processor. */
const AT_ONCE = 4
/** Milliseconds that a call may take: `Match exec` runs commands of the user's. */
const PATIENCE = 30_000

/** Thrown where there is no such program. */
export class NoOpenssh extends Error {}

/**
 * Asks the ssh program (`ssh -G`), which reads ssh_config better than anybody: Include, Match exec, canonical names. Its
 * answer holds all options; those that are as they would be without any file count as not said. Where nothing in the
 * files depends on the host, one call answers for all hosts.
 *
 * @throws host/bad-ssh-config with what ssh says of the file; NoOpenssh
 */
export const askOpenssh = (executable: string): ReadConfig => {
  const limit = pLimit(AT_ONCE)
  const remembered = new Map<string, Promise<unknown>>()

  /** One call for each key; what failed is asked again. */
  const once = <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const known = remembered.get(key) as Promise<T> | undefined
    if (known) return known
    const answer = ask()
    remembered.set(key, answer)
    answer.catch(() => remembered.delete(key))
    return answer
  }

  const ask = (args: readonly string[]): Promise<Output> => limit(() => run(executable, ['-T', '-G', ...args]))

  const askUsual = (): Promise<ReadonlyMap<string, string>> =>
    once('', async () => byOption(settingsOf((await ask(['-F', 'none', '--', 'host'])).stdout)))

  const said = async (lookup: Lookup, { stdout }: Output): Promise<readonly Setting[]> => {
    const usual = await askUsual()
    const all = settingsOf(stdout)
    const lists = byOption(all)
    return all.filter(([option, value]) => {
      if (option === 'host') return false
      if (option === 'hostname') return value !== lookup.destination
      return lists.get(option) !== usual.get(option)
    })
  }

  /** The answer for all hosts, where there is one. */
  const askForAll = async (lookup: Lookup): Promise<readonly Setting[] | undefined> => {
    const output = await ask(['-v', ...argumentsOf(lookup)])
    const files = [...output.stderr.matchAll(/^debug1: Reading configuration data (.+?)\r?$/gm)]
    const texts = await Promise.all(
      files.map(([, file = '']) => readFile(file, 'utf8').catch(() => 'Match unreadable')),
    )
    return texts.some(dependsOnHost) ? undefined : await said(lookup, output)
  }

  return async (lookup) => {
    // Needed whatever comes: asked at the same time.
    askUsual().catch(() => {})
    const forAll = await once(JSON.stringify([lookup.configFile, lookup.user, lookup.port]), () => askForAll(lookup))
    return forAll ?? (await once(JSON.stringify(lookup), async () => said(lookup, await ask(argumentsOf(lookup)))))
  }
}

interface Output {
  readonly stdout: string
  readonly stderr: string
}

const argumentsOf = ({ destination, address, user, port, configFile }: Lookup): string[] => [
  ...(configFile === undefined ? [] : ['-F', configFile]),
  ...(address === undefined ? [] : ['-o', `HostName=${address}`]),
  ...(user === undefined ? [] : ['-l', user]),
  ...(port === undefined ? [] : ['-p', String(port)]),
  '--',
  destination,
]

/** Everything that the ssh program makes of its arguments, what is usual included. */
export const askEverything = async (
  executable: string,
  args: readonly string[],
): Promise<ReadonlyMap<string, string>> => new Map(settingsOf((await run(executable, ['-T', '-G', ...args])).stdout))

const settingsOf = (output: string): Setting[] =>
  output.split('\n').flatMap((line): Setting[] => {
    const space = line.indexOf(' ')
    return space === -1 ? [] : [[line.slice(0, space).toLowerCase(), line.slice(space + 1)]]
  })

const byOption = (settings: readonly Setting[]): ReadonlyMap<string, string> => {
  const lists = new Map<string, string>()
  for (const [option, value] of settings) lists.set(option, `${lists.get(option) ?? ''}${value}\n`)
  return lists
}

/** Whether a file could answer differently for another host: by a condition, a canonical name or a token. */
const dependsOnHost = (text: string): boolean =>
  text.split('\n').some((line) => {
    const [, keyword = '', rest = ''] = /^\s*(\w+)\s*[\s=]\s*(.*?)\s*$/.exec(line.replace(/^\s*#.*/, '')) ?? []
    if (/^host$/i.test(keyword)) return rest !== '*'
    if (/^match$/i.test(keyword)) return !/^all$/i.test(rest)
    return /^(hostname|canonical\w*)$/i.test(keyword) || rest.includes('%')
  })

const run = (executable: string, args: readonly string[]): Promise<Output> =>
  new Promise((resolve, reject) => {
    const child = execFile(executable, args, { timeout: PATIENCE }, (error, stdout, stderr) => {
      if (!error) resolve({ stdout, stderr })
      else if (error.code === 'ENOENT') reject(new NoOpenssh(`there is no program ${executable}`))
      else reject(badConfig(error.killed ? [`ssh -G gave no answer for ${PATIENCE / 1000}s`] : complaints(stderr)))
    })
    child.stdin?.end()
  })

const complaints = (stderr: string): string[] =>
  stderr
    .split(/\r?\n/)
    .filter((line) => line !== '' && !/^(debug\d:|Pseudo-terminal|OpenSSH_)|: terminating, \d+ bad/.test(line))

const badConfig = (said: readonly string[]): LifeboatError =>
  new LifeboatError(
    'host/bad-ssh-config',
    `the ssh configuration cannot be read: ${said.join('; ') || 'ssh -G failed'}`,
    {
      hints: ['see what OpenSSH makes of it: ssh -G HOST', 'or read another file: ansible_ssh_common_args: -F FILE'],
    },
  )
