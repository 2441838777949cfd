/** Name of the file in the data directory that holds what the recovering server prints. */
export const RECOVERY_LOG = 'lifeboat_restore.log'

/** What the log of a recovering server has told so far. */
export interface RecoveryLog {
  /** Segments that were fetched from the archive. */
  readonly segments: number
  /** PostgreSQL's words about the point at which it stopped; undefined before. */
  readonly stopped: string | undefined
  readonly consistent: boolean
  /** The first fatal message and those that followed. */
  readonly fatal: readonly string[]
}

export const EMPTY_LOG: RecoveryLog = { segments: 0, stopped: undefined, consistent: false, fatal: [] }

/** What PostgreSQL says when it pauses, before 13 and since, and when it has promoted: an expression for `grep -E`. */
export const END_WORDS = 'pausing at the end of recovery|recovery has paused|archive recovery complete'

// Said to those who connect too early, which the watcher does.
const NOT_READY = /^the database system is (starting up|not (yet )?accepting connections|shutting down)/

/** Reads further lines of the log. */
export const readRecoveryLog = (log: RecoveryLog, text: string): RecoveryLog => {
  let { segments, stopped, consistent } = log
  const fatal = [...log.fatal]
  for (const line of text.split('\n')) {
    const message = /\b(LOG|FATAL|PANIC|ERROR|HINT|DETAIL|WARNING): {2}(.*)$/.exec(line)
    const [, level = '', words = ''] = message ?? []
    if (level === 'LOG' && /^restored log file "[0-9A-F]{24}" from archive$/.test(words)) segments++
    else if (level === 'LOG' && /^recovery stopping (before|after|at) /.test(words)) stopped = words
    else if (level === 'LOG' && words.startsWith('consistent recovery state reached')) consistent = true
    else if (level === 'FATAL' && NOT_READY.test(words)) continue
    else if (level === 'FATAL' || level === 'PANIC') fatal.push(`${level}: ${words}`)
    else if (fatal.length > 0 && (level === 'HINT' || level === 'DETAIL')) fatal.push(`${level}: ${words}`)
    else if (/^lifeboat get: /.test(line)) fatal.push(line)
  }
  return { segments, stopped, consistent, fatal: fatal.slice(0, 20) }
}
