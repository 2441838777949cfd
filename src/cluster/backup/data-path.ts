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
  /** Asked for by the user; `auto` chooses. */
  readonly method: BackupMethod | 'auto'
  /** Archives written at the same time on the way of the low-level API; undefined for one for each two cores. */
  readonly jobs: number | undefined
  /** The cluster has page checksums, which pg_basebackup verifies as it reads and tar does not. */
  readonly pageChecksums: boolean
  /** Why the low-level way is not possible here, if so. */
  readonly notParallel: string | undefined
  /** The repository is on another host: what goes there is a stream. */
  readonly far: boolean
  /** Streams that may go there at the same time. */
  readonly streams: number
}

/** `parallel`: the low-level API and several tars. */
export type BackupMethod = 'pg_basebackup' | 'parallel'

/** How the data gets from the server into the files of the backup. */
export interface DataPath {
  /**
   * `direct`: pg_basebackup writes the files, compressed by the server or itself. `pipe`: its standard output goes
   * through a compressor. `afterwards`: it writes plain archives, which are compressed then, at the cost of space.
   * `parallel`: without pg_basebackup, through the low-level API.
   */
  readonly kind: 'direct' | 'pipe' | 'afterwards' | 'parallel'
  /** It writes its files into the scratch folder of this host first, from where they go on. */
  readonly spooled: boolean
  readonly method: Method
  /** Arguments of pg_basebackup that belong to it. */
  readonly flags: readonly string[]
  /** Of all but direct: command that compresses standard input to standard output; none for no compression. */
  readonly compressor: readonly string[]
  /** Of parallel: archives written at the same time. */
  readonly jobs: number
  /** For people. */
  readonly words: string
  /** Why this one and no other, for people. */
  readonly why: string
}

/** Endings of the archives by method. */
export const ENDING: Readonly<Record<Method, string>> = { zstd: '.zst', lz4: '.lz4', gzip: '.gz', none: '' }

/**
 * Chooses the fastest way for the compression that was asked for, unless the user named the method.
 *
 * From PostgreSQL 15 on the server itself compresses, with several threads: it needs the least processor time for a
 * byte, for it digests with CRC32C as it reads (measured on two cores, 1 GB: 1.0 s, the low-level way 2.6 s). Before,
 * one stream of pg_basebackup feeds the host's compressor, and the low-level API reads with several tars instead. That
 * one cannot verify page checksums: a cluster that has them is left to pg_basebackup.
 *
 * To a repository host go streams. pg_basebackup can write one only of a cluster without tablespaces, and not what the
 * server has compressed, for it puts the manifest in (trap B2). Otherwise the low-level way goes there; what only
 * pg_basebackup can do is written to the scratch folder first.
 *
 * A compression counts only where the host has its program: the archives must be readable with tar and that program
 * alone.
 *
 * @throws backup/no-compression for what this server or host cannot do, backup/no-method
 */
export const chooseDataPath = (asked: AskedCompression, abilities: Abilities): DataPath => {
  const { parallel, why } = decideMethod(asked, abilities)
  return { ...(parallel ? parallelPath(asked, abilities) : baseBackupPath(asked, abilities)), why }
}

const decideMethod = (asked: AskedCompression, abilities: Abilities): { parallel: boolean; why: string } => {
  const { method, notParallel } = abilities
  if (method === 'parallel') {
    if (notParallel === undefined) return { parallel: true, why: 'the task asks for it' }
    throw new LifeboatError('backup/no-method', `method parallel is not possible here: ${notParallel}`, {
      hints: ['leave method at auto'],
    })
  }
  if (method === 'pg_basebackup') return { parallel: false, why: 'the task asks for it' }
  if (notParallel !== undefined) return { parallel: false, why: notParallel }
  if (asked.where !== undefined) return { parallel: false, why: `the compression is to be done by the ${asked.where}` }
  if (abilities.pageChecksums && canStream(abilities)) {
    return { parallel: false, why: 'it verifies the page checksums of this cluster' }
  }
  if (abilities.far) return decideFar(abilities)
  const inServer = asked.method === 'auto' ? fastest(abilities, false) : asked.method
  if (abilities.majorVersion >= 15 && (inServer === 'none' || abilities.serverMethods.includes(inServer))) {
    return { parallel: false, why: 'the server compresses with several threads, which needs the least time' }
  }
  if (abilities.cores < 2 && abilities.tablespaces === 0) {
    return { parallel: false, why: 'the host has one core, so several streams gain nothing' }
  }
  return {
    parallel: true,
    why: 'this server does not compress, and one stream of pg_basebackup is slower than several',
  }
}

const decideFar = (abilities: Abilities): { parallel: boolean; why: string } => {
  if (!canStream(abilities)) {
    const unverified = abilities.pageChecksums ? '; page checksums are not verified on this way' : ''
    return { parallel: true, why: `pg_basebackup cannot stream a cluster with tablespaces${unverified}` }
  }
  if ((abilities.jobs ?? threads(abilities.cores)) < 2) {
    return { parallel: false, why: 'the host has too few cores for several streams to gain anything' }
  }
  return { parallel: true, why: 'one stream of pg_basebackup to the repository host is slower than several' }
}

/** Whether pg_basebackup can write to where the backup goes: on this host always, else to standard output. */
const canStream = ({ far, tablespaces, walMethod }: Abilities): boolean =>
  !far || (tablespaces === 0 && walMethod !== 'stream')

const parallelPath = (asked: AskedCompression, abilities: Abilities): Omit<DataPath, 'why'> => {
  const method = asked.method === 'auto' ? fastest(abilities, false) : asked.method
  if (method !== 'none' && !hasProgram(abilities, method)) {
    throw impossible(`the host has no program ${method}`)
  }
  const jobs = Math.min(abilities.jobs ?? threads(abilities.cores), abilities.streams)
  const compressor = method === 'none' ? [] : compressorOf(method, { ...asked, workers: asked.workers ?? 1 }, abilities)
  const words = `pg_backup_start, ${jobs} × tar${compressor.length === 0 ? '' : ` | ${compressor.join(' ')}`}`
  return { kind: 'parallel', spooled: false, method, flags: [], compressor, jobs, words }
}

const baseBackupPath = (asked: AskedCompression, abilities: Abilities): Omit<DataPath, 'why'> => {
  const modern = abilities.majorVersion >= 15
  if (asked.where === 'server' && !modern) {
    throw impossible(`the server compresses from PostgreSQL 15 on, this is ${abilities.majorVersion}`)
  }
  if (abilities.far && canStream(abilities) && asked.where !== 'server') return pipePath(asked, abilities)
  const method = asked.method === 'auto' ? fastest(abilities, modern) : asked.method
  const direct = (flags: readonly string[], words: string) => directPath(method, flags, words, abilities)
  if (method === 'none') return direct(modern ? ['--compress=none'] : [], 'not compressed')
  if (!hasProgram(abilities, method)) throw impossible(`the host has no program ${method}, with which it could be read`)
  if (modern) {
    if (!abilities.serverMethods.includes(method)) throw impossible(`this server was built without ${method}`)
    const details = detailsOf(method, asked, abilities)
    const spec = `${asked.where ?? 'server'}-${method}${details && `:${details}`}`
    return direct([`--compress=${spec}`], spec)
  }
  if (asked.where === 'client' && method === 'gzip') {
    const flags = ['-z', ...(asked.level === undefined ? [] : ['-Z', String(asked.level)])]
    return direct(flags, `client-gzip:${asked.level ?? 6}`)
  }
  const pipe = pipePath(asked, abilities)
  if (canStream({ ...abilities, far: true })) return pipe
  return { ...pipe, kind: 'afterwards', spooled: true, words: `${pipe.words}${abilities.far ? HERE_FIRST : ''}` }
}

const pipePath = (asked: AskedCompression, abilities: Abilities): Omit<DataPath, 'why'> => {
  const method = asked.method === 'auto' ? fastest(abilities, false) : asked.method
  if (method !== 'none' && !hasProgram(abilities, method)) throw impossible(`the host has no program ${method}`)
  const compressor = method === 'none' ? [] : compressorOf(method, asked, abilities)
  const words = `pg_basebackup, ${method === 'none' ? 'not compressed' : compressor.join(' ')}`
  return { kind: 'pipe', spooled: false, method, flags: [], compressor, jobs: 1, words }
}

const HERE_FIRST = ', written here first'

const directPath = (
  method: Method,
  flags: readonly string[],
  words: string,
  { far }: Abilities,
): Omit<DataPath, 'why'> => ({
  kind: 'direct',
  spooled: far,
  method,
  flags,
  compressor: [],
  jobs: 1,
  words: `pg_basebackup, ${words}${far ? HERE_FIRST : ''}`,
})

const hasProgram = ({ programs }: Abilities, method: Method): boolean =>
  programs.includes(method) || (method === 'gzip' && programs.includes('pigz'))

const fastest = (abilities: Abilities, modern: boolean): Method =>
  (['zstd', 'lz4', 'gzip'] as const).find(
    (method) => hasProgram(abilities, method) && (!modern || abilities.serverMethods.includes(method)),
  ) ?? 'none'

/** Threads besides the one that reads: half of the cores belong to the database. */
const threads = (cores: number): number => Math.min(8, Math.max(1, Math.ceil(cores / 2)))

/**
 * zstd's own default makes a fifth less of a cluster's files than level 1, and still keeps up with one reader (measured
 * on 1 GB of pgbench: 46 MB instead of 59).
 */
const levelOf = (method: Method, asked: AskedCompression): number => asked.level ?? (method === 'zstd' ? 3 : 1)

const detailsOf = (method: Method, asked: AskedCompression, { cores }: Abilities): string => {
  const level = levelOf(method, asked)
  if (method !== 'zstd') return `level=${level}`
  const workers = asked.workers ?? (cores > 1 ? threads(cores) : 0)
  return workers > 0 ? `level=${level},workers=${workers}` : `level=${level}`
}

const compressorOf = (method: Method, asked: AskedCompression, abilities: Abilities): string[] => {
  const level = levelOf(method, asked)
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
