import { LifeboatError } from '../../base/errors.ts'
import type { HostProcess, Session } from '../../host/connection.ts'
import { LOCKED } from '../repository/lock-script.ts'
import { applicationName } from './application-name.ts'
import { type BackupProgress, readProgress } from './progress.ts'
import { DISK_FULL, LOCK_LOST, type TakeOptions, takeScript } from './take-script.ts'
import { CORRUPT } from './work-script.ts'

/** Milliseconds between signs of life, which keep the lock, and between looks at the progress. */
const SIGN_OF_LIFE = 5000
const LOOK = 1000

export interface RunOptions extends TakeOptions {
  /** Of the cluster's owner. */
  readonly session: Session
  readonly signal: AbortSignal
  readonly onProgress: (progress: Omit<BackupProgress, 'archiverFailures'>) => void
  /** Gets the name of each folder of an interrupted backup that was removed before. */
  readonly onSwept: (name: string) => void
}

/**
 * Runs the script that takes the backup on a channel of its own, and `complete` while the lock is still held; what
 * `complete` did not finish is removed.
 *
 * @param complete gets what the server said of pages with wrong checksums
 * @throws backup/running, backup/failed, archive/failing, archive/unreachable, lifeboat/interrupted
 */
export const runTake = async <T>(
  options: RunOptions,
  complete: (pageFailures: readonly string[]) => Promise<T>,
): Promise<T> => {
  const process = await options.session.start(takeScript(options), { signal: options.signal })
  process.stdin.on('error', () => {})
  const life = setInterval(() => process.stdin.write('\n'), SIGN_OF_LIFE)
  const output = collect(process, options)
  try {
    const status = await whileWatching(output.taken, options)
    if (status !== 0 && status !== CORRUPT) throw await failure(process, output.stderr, options)
    const completed = complete(status === CORRUPT ? pageFailures(output.stderr()) : [])
    // It ends by itself before its time only when the lock was lost.
    const lost = process.ended.then(async () => Promise.reject(await failure(process, output.stderr, options)))
    lost.catch(() => {})
    return await Promise.race([completed, lost])
  } finally {
    clearInterval(life)
    process.stdin.end()
    // The connection may be the reason why we are here: its own error is already on its way.
    await process.ended.catch(() => {})
  }
}

/** Looks at the progress until pg_basebackup has ended; gives up when the archiver fails behind its back. */
const whileWatching = async (taken: Promise<number | undefined>, options: RunOptions): Promise<number | undefined> => {
  let over = false
  const ended = taken.finally(() => {
    over = true
  })
  let firstFailures: number | undefined
  const watch = async (): Promise<never | undefined> => {
    while (!over && !options.signal.aborted && options.path.kind !== 'parallel') {
      const progress = await readProgress(options.session, options.cluster, applicationName(options.runId)).catch(
        () => undefined,
      )
      if (progress && !over) {
        firstFailures ??= progress.archiverFailures
        options.onProgress(progress)
        if (progress.archiverFailures - firstFailures >= 3) {
          throw new LifeboatError('archive/failing', 'the archiver fails while the backup waits for its WAL', {
            hints: ["archive_command's own words are in the server's log", 'nothing of the backup was kept'],
          })
        }
      }
      await Promise.race([ended.catch(() => {}), new Promise((resolve) => setTimeout(resolve, LOOK).unref())])
    }
    return undefined
  }
  const watching = watch()
  await Promise.race([ended, watching.then(() => ended)])
  await watching
  return await ended
}

interface Output {
  /** Status of the work; undefined when the script ended without telling. */
  readonly taken: Promise<number | undefined>
  readonly stderr: () => string
}

const collect = (process: HostProcess, { onProgress, onSwept }: RunOptions): Output => {
  let rest = ''
  let err = ''
  let phase = ''
  process.stderr.on('data', (chunk: Buffer) => {
    err = `${err}${chunk.toString()}`.slice(-16_384)
  })
  const taken = new Promise<number | undefined>((resolve, reject) => {
    process.stdout.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk.toString()}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const [, word, words = ''] = /^(phase|progress|taken|swept) (.*)$/.exec(line) ?? []
        const [done = 0, total = null] = word === 'progress' ? words.split(' ').map(Number) : []
        if (word === 'phase') phase = words
        if (word === 'swept') onSwept(words)
        else if (word === 'taken') resolve(Number(words))
        else if (word !== undefined) onProgress({ phase, done, total })
      }
    })
    process.ended.then(() => resolve(undefined), reject)
  })
  taken.catch(() => {})
  return { taken, stderr: () => err }
}

const pageFailures = (stderr: string): readonly string[] => {
  const lines = stderr.split('\n').flatMap((line) => /^WARNING: +(.*checksum.*)$/.exec(line)?.[1] ?? [])
  return lines.length > 0 ? lines : ['pages had wrong checksums']
}

const failure = async (process: HostProcess, stderr: () => string, options: RunOptions): Promise<LifeboatError> => {
  if (options.signal.aborted) {
    return new LifeboatError('lifeboat/interrupted', 'the backup was interrupted; nothing of it was kept')
  }
  process.stdin.end()
  const { status } = await process.ended
  const said = stderr()
  if (status === LOCKED) {
    return new LifeboatError('backup/running', 'another backup of this cluster began at the same moment')
  }
  if (status === LOCK_LOST) {
    return new LifeboatError('backup/failed', `the lock in ${options.access.layout.place} was lost`, {
      hints: ['the connection to the repository host broke, or another run took it over', 'nothing of it was kept'],
    })
  }
  try {
    options.access.check({ status, stderr: said })
  } catch (error) {
    if (error instanceof LifeboatError) return error
    throw error
  }
  const lines = said
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(NOTICE|WARNING):|^pg_basebackup: removing /.test(line))
  const last = lines.at(-1)?.replace(/^pg_basebackup: (error: )?/, '')
  return new LifeboatError('backup/failed', `the backup failed: ${last ?? `its script ended with status ${status}`}`, {
    // What else is said then comes of it.
    hints: [...(last?.endsWith(DISK_FULL) ? [] : lines.slice(-6, -1)), 'nothing of it was kept'],
  })
}
