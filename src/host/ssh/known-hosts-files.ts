import { mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { keyTypeOf } from './host-key.ts'
import { type KnownHost, knownHostName, parseKnownHosts } from './known-hosts.ts'
import { newHostsFile, type SshOptions } from './options.ts'

/** A lock older than this many milliseconds is of a process that died. */
const STALE_LOCK = 10_000

/** Reads all known_hosts files; one that does not exist has no entries. */
export const readKnownHosts = async (files: readonly string[]): Promise<KnownHost[]> => {
  const all = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return ''
        throw error
      })
      return parseKnownHosts(text, file)
    }),
  )
  return all.flat()
}

/** Adds a host's key to the first known_hosts file, once, also where several processes do the same. */
export const addKnownHost = async (options: SshOptions, key: Buffer): Promise<void> => {
  const file = newHostsFile(options)
  if (file === undefined) return
  const entry = `${knownHostName(options)} ${keyTypeOf(key)} ${key.toString('base64')}`
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await locked(`${file}.lock`, async () => {
    const before = await readFile(file, 'utf8').catch(() => '')
    if (before.split('\n').includes(entry)) return
    const handle = await open(file, 'a', 0o600)
    try {
      await handle.write(`${before === '' || before.endsWith('\n') ? '' : '\n'}${entry}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
  })
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
