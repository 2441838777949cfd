import { mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { entriesFor, keyTypeOf } from './host-key.ts'
import { hashedName, type KnownHost, knownHostName, parseKnownHosts } from './known-hosts.ts'
import { newHostsFile, type SshOptions } from './options.ts'

/** A lock older than this many milliseconds is of a process that died. */
const STALE_LOCK = 10_000

/** Files that were read already, each with what tells whether it has changed since. */
export type KnownHostsMemory = Map<string, { readonly stamp: string; readonly entries: readonly KnownHost[] }>

/** Reads all known_hosts files; one that does not exist has no entries. */
export const readKnownHosts = async (
  files: readonly string[],
  memory: KnownHostsMemory = new Map(),
): Promise<KnownHost[]> => {
  const all = await Promise.all(
    files.map(async (file) => {
      try {
        const { mtimeMs, size, ino } = await stat(file)
        const stamp = `${mtimeMs} ${size} ${ino}`
        const known = memory.get(file)
        if (known?.stamp === stamp) return known.entries
        const entries = parseKnownHosts(await readFile(file, 'utf8'), file)
        memory.set(file, { stamp, entries })
        return entries
      } catch (error) {
        if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
        throw error
      }
    }),
  )
  return all.flat()
}

/**
 * Adds a host's key to the known_hosts file, once, also where several processes do the same. Whoever is told of a host
 * between the first look and the lock is believed: then the entry that has another key for it is returned, and nothing
 * is added.
 */
export const addKnownHost = async (options: SshOptions, key: Buffer): Promise<KnownHost | undefined> => {
  const file = newHostsFile(options)
  if (file === undefined) return undefined
  const name = knownHostName(options)
  const entry = `${options.hashKnownHosts ? hashedName(name) : name} ${keyTypeOf(key)} ${key.toString('base64')}`
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  let other: KnownHost | undefined
  await locked(`${file}.lock`, async () => {
    const before = await readFile(file, 'utf8').catch(() => '')
    const known = entriesFor(parseKnownHosts(before, file), options).filter(({ marker }) => marker === undefined)
    if (known.some((there) => there.key === key.toString('base64'))) return
    other = known[0]
    if (other) return
    const handle = await open(file, 'a', 0o600)
    try {
      await handle.write(`${before === '' || before.endsWith('\n') ? '' : '\n'}${entry}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
  })
  return other
}

const locked = async (lock: string, work: () => Promise<void>): Promise<void> => {
  for (;;) {
    try {
      await (await open(lock, 'wx', 0o600)).close()
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const age = await stat(lock).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      )
      if (age > STALE_LOCK) await rm(lock, { force: true })
      else await sleep(10 + Math.random() * 20)
    }
  }
  try {
    await work()
  } finally {
    await rm(lock, { force: true })
  }
}
