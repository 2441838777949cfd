import { LifeboatError } from '../../base/errors.ts'
import type { AskedCompression, Method } from './compression.ts'

/** What decides how the data can travel. */
export interface Abilities {
  readonly majorVersion: number
  /** Methods that the server was built with (its client programs are of the same build). */
  readonly serverMethods: readonly Method[]
  /** Programs that the host has. */
  readonly programs: readonly string[]
  readonly cores: number
  /** Besides the data directory: each comes as an archive of its own, which standard output cannot carry (trap B2). */
  readonly tablespaces: number
  readonly walMethod: 'none' | 'fetch' | 'stream'
}

/** How the data gets from the server into the files of the backup. */
export interface DataPath {
  /**
   * `direct`: pg_basebackup writes the files, compressed by the server or itself. `pipe`: its standard output goes
   * through a compressor. `afterwards`: it writes plain archives, which are compressed then, at the cost of space.
   */
  readonly kind: 'direct' | 'pipe' | 'afterwards'
  readonly method: Method
  /** Arguments of pg_basebackup that belong to it. */
  readonly flags: readonly string[]
  /** Of pipe and afterwards: command that compresses standard input to standard output. */
  readonly compressor: readonly string[]
  /** For people. */
  readonly words: string
}

/** Endings of the archives by method. */
export const ENDING: Readonly<Record<Method, string>> = { zstd: '.zst', lz4: '.lz4', gzip: '.gz', none: '' }

/**
 * Chooses the fastest way for the compression that was asked for.
 *
 * From PostgreSQL 15 on the server compresses with several threads before the data leaves it; before, the fastest
 * program of the host does. A method counts only where the host has its program: the archives must be readable with
 * tar and that program alone.
 *
 * @throws backup/no-compression for what this server or host cannot do
 */
export const chooseDataPath = (asked: AskedCompression, abilities: Abilities): DataPath => {
  const modern = abilities.majorVersion >= 15
  if (asked.where === 'server' && !modern) {
    throw impossible(`the server compresses from PostgreSQL 15 on, this is ${abilities.majorVersion}`)
  }
  const method = asked.method === 'auto' ? fastest(abilities, modern) : asked.method
  if (method === 'none') return direct('none', modern ? ['--compress=none'] : [], 'not compressed')
  if (!hasProgram(abilities, method)) throw impossible(`the host has no program ${method}, with which it could be read`)
  if (modern) {
    if (!abilities.serverMethods.includes(method)) throw impossible(`this server was built without ${method}`)
    const details = detailsOf(method, asked, abilities)
    const spec = `${asked.where ?? 'server'}-${method}${details && `:${details}`}`
    return direct(method, [`--compress=${spec}`], spec)
  }
  if (asked.where === 'client' && method === 'gzip') {
    const flags = ['-z', ...(asked.level === undefined ? [] : ['-Z', String(asked.level)])]
    return direct('gzip', flags, `client-gzip:${asked.level ?? 6}`)
  }
  const compressor = compressorOf(method, asked, abilities)
  const kind = abilities.tablespaces > 0 || abilities.walMethod === 'stream' ? 'afterwards' : 'pipe'
  return { kind, method, flags: [], compressor, words: compressor.join(' ') }
}

const direct = (method: Method, flags: readonly string[], words: string): DataPath => ({
  kind: 'direct',
  method,
  flags,
  compressor: [],
  words,
})

const hasProgram = ({ programs }: Abilities, method: Method): boolean =>
  programs.includes(method) || (method === 'gzip' && programs.includes('pigz'))

const fastest = (abilities: Abilities, modern: boolean): Method =>
  (['zstd', 'lz4', 'gzip'] as const).find(
    (method) => hasProgram(abilities, method) && (!modern || abilities.serverMethods.includes(method)),
  ) ?? 'none'

/** Threads besides the one that reads: half of the cores belong to the database. */
const threads = (cores: number): number => Math.min(8, Math.max(1, Math.ceil(cores / 2)))

const detailsOf = (method: Method, asked: AskedCompression, { cores }: Abilities): string => {
  const level = asked.level ?? 1
  if (method !== 'zstd') return `level=${level}`
  const workers = asked.workers ?? (cores > 1 ? threads(cores) : 0)
  return workers > 0 ? `level=${level},workers=${workers}` : `level=${level}`
}

const compressorOf = (method: Method, asked: AskedCompression, abilities: Abilities): string[] => {
  const level = asked.level ?? 1
  const workers = asked.workers ?? threads(abilities.cores)
  if (method === 'zstd') return ['zstd', '-q', '-c', `-T${workers}`, level < 0 ? `--fast=${-level}` : `-${level}`]
  if (method === 'lz4') return ['lz4', '-q', '-c', `-${level}`]
  return abilities.programs.includes('pigz')
    ? ['pigz', '-c', '-p', String(workers), `-${level}`]
    : ['gzip', '-c', `-${level}`]
}

const impossible = (why: string): LifeboatError =>
  new LifeboatError('backup/no-compression', `the compression is not possible here: ${why}`, {
    hints: ['leave compression at auto, which chooses what the server and the host have'],
  })
